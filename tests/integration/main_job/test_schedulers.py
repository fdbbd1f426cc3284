"""The same Dag under a real scheduler: by hand and by `airflow backfill`, in parallel and backwards, with the same artifacts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from mlp_core.artifacts import walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
T = TypeVar("T")
DAG = "movielens_daily"
DAYS = ("2000-11-20", "2000-11-21", "2000-11-22")
# A backfill deploys nothing and so meets another champion; all that comes before is the same.
COMPARED = ("partitions", "label", "xql", "trait_join", "feature", "features", "sample", "train", "evaluate.measures")


@dataclass(frozen=True)
class Airflow:
    """A running `mlp ui` and a token for its API."""

    url: str
    token: str
    root: Path
    env: dict[str, str]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of Airflow's REST API."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
            return found

    def wait_for_runs(self, count: int, **fields: str) -> list[dict[str, Any]]:
        """Wait until `count` runs whose fields have these values have ended, and return them."""

        def ended() -> list[dict[str, Any]] | None:
            found = self.ask("GET", f"dags/{DAG}/dagRuns?limit=100")["dag_runs"]
            runs = [run for run in found if all(run[name] == value for name, value in fields.items())]
            return runs if len(runs) == count and all(run["state"] in ("success", "failed") for run in runs) else None

        return wait_for(ended, seconds=1200)


def wait_for(look: Callable[[], T | None], *, seconds: float) -> T:
    """Look until something is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.5)
    raise TimeoutError(f"nothing after {seconds} seconds")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def airflow(synthetic: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow on the warehouse of the synthetic demo, with an artifact root in which nothing is yet."""
    root, port = tmp_path_factory.mktemp("root"), free_port()
    env = {**synthetic.home.env, "MLP_ARTIFACT_ROOT": root.as_uri()}
    log = synthetic.home.path / "logs" / "ui.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [sys.executable, "-c", "from airflow_mlp.cli import main; main()", "ui", "--port", str(port)],
            env=env,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: healthy(url, server), seconds=180)
        passwords = json.loads((synthetic.home.path / "airflow" / "simple_auth_manager_passwords.json.generated").read_text())
        asked = urllib.request.Request(
            f"{url}/auth/token",
            data=json.dumps({"username": "admin", "password": passwords["admin"]}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            token = json.loads(answer.read())["access_token"]
        yield Airflow(url, token, root, env)
    finally:
        # Its children are in its session: all end with it.
        members = [process for process in psutil.process_iter() if in_session(process, server.pid)]
        server.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(members, timeout=30)
        for process in alive:
            process.kill()
        server.wait()
        synthetic.home.mlp("serve", "stop")


def in_session(process: psutil.Process, session: int) -> bool:
    """True if the process belongs to that session."""
    try:
        return os.getsid(process.pid) == session
    except ProcessLookupError:
        return False


def healthy(url: str, server: subprocess.Popen[bytes]) -> bool | None:
    """True once scheduler and Dag processor report healthy."""
    assert server.poll() is None, "airflow standalone has ended"
    try:
        with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=5) as answer:
            health = json.loads(answer.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
    parts = [health[name]["status"] for name in ("metadatabase", "scheduler", "dag_processor")]
    return True if parts == ["healthy"] * 3 else None


def ids_in(root: str, days: tuple[str, ...] = DAYS) -> set[tuple[str, str, str]]:
    """Step, partition and id of all that was made for steps before the decision."""
    partitions = {f"dt={day}" for day in days}
    return {
        (artifact.manifest.step, artifact.manifest.partition, artifact.id)
        for _, artifact in walk(root)
        if artifact is not None and artifact.manifest.partition in partitions and artifact.manifest.step.startswith(COMPARED)
    }


def test_backfill_in_parallel_and_backwards_makes_the_same_artifacts(airflow: Airflow, synthetic: Any) -> None:
    expected = synthetic.home.demo(*(f"--date={day}" for day in DAYS))
    assert all(run["state"] == "success" for run in expected["dates"].values())
    wait_for(lambda: dag_is_there(airflow), seconds=120)
    airflow.ask("PATCH", f"dags/{DAG}", {"is_paused": False})
    command = [sys.executable, "-m", "airflow", "backfill", "create", "--dag-id", DAG, "--from-date", DAYS[0], "--to-date", DAYS[-1]]
    done = subprocess.run(
        [*command, "--run-backwards", "--max-active-runs", "3"], env=airflow.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    runs = airflow.wait_for_runs(3, run_type="backfill")
    assert [run["state"] for run in runs] == ["success"] * 3
    made = ids_in(airflow.root.as_uri())
    assert {step.partition(".")[0] for step, _, _ in made} >= {"train", "sample", "evaluate"}
    assert made == ids_in((synthetic.home.path / "artifacts").as_uri())


def test_a_run_by_hand_makes_the_same_artifacts(airflow: Airflow, synthetic: Any) -> None:
    wait_for(lambda: dag_is_there(airflow), seconds=120)
    airflow.ask("PATCH", f"dags/{DAG}", {"is_paused": False})
    before = ids_in(airflow.root.as_uri())
    conf = {"partition": DAYS[1], "fail_stats": True}
    started = airflow.ask("POST", f"dags/{DAG}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]
    (run,) = airflow.wait_for_runs(1, dag_run_id=started)
    assert run["state"] == "success"
    tasks = airflow.ask("GET", f"dags/{DAG}/dagRuns/{run['dag_run_id']}/taskInstances")["task_instances"]
    states = {task["task_id"]: task["state"] for task in tasks}
    assert states.pop("statistics") == "failed"
    assert set(states.values()) <= {"success", "skipped"}
    after = ids_in(airflow.root.as_uri())
    assert before <= after
    assert after <= ids_in((synthetic.home.path / "artifacts").as_uri())


def dag_is_there(airflow: Airflow) -> bool | None:
    """True once the Dag processor has read the Dag."""
    try:
        airflow.ask("GET", f"dags/{DAG}")
    except urllib.error.HTTPError:
        return None
    return True
