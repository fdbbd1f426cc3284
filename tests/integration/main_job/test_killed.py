"""SIGKILL at every step; the same command again ends as if nothing had happened, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
DAY = "2000-11-20"
DEMO = ("demo", "--data", "synthetic", "--date", DAY)
STEPS = ("wait_behaviour", "label", "join_profiles", "features", "statistics", "sample", "train", "evaluate", "deploy")
# What a step starts, by a word of its command line.
JVM, TRAINER, TRITON = "org.apache.spark.deploy.SparkSubmit", "mlp_train", "bin/tritonserver"
# The short-lived JVM that puts the command line of the real one together.
_STARTER = "org.apache.spark.launcher.Main"
STARTED = {
    "label": JVM,
    "join_profiles": JVM,
    "features": JVM,
    "statistics": JVM,
    "sample": JVM,
    "train": TRAINER,
    "deploy": TRITON,
}


class Running:
    """`mlp demo` in a process group of its own."""

    def __init__(self, home: Any) -> None:
        self.home = home
        self.log: Path = home.path / "logs" / "demo.log"
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        command = [sys.executable, "-c", "from airflow_mlp.cli import main; main()", *DEMO]
        self.process = subprocess.Popen(
            command, env=home.env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait_for_step(self, step: str) -> psutil.Process | None:
        """Wait until the step runs, and until what it starts is there; returns that."""
        needle = f"[DAG TEST] starting task_id={step} ".encode()
        self._until(lambda: self.log.exists() and needle in self.log.read_bytes()[self._read_from :])
        word = STARTED.get(step)
        if word is None:
            return None
        found: list[psutil.Process] = []

        def is_there() -> bool:
            found.extend(self._members(word))
            return bool(found)

        self._until(is_there)
        return found[0]

    def kill_group(self) -> None:
        """SIGKILL for all of the demo at once, and see that nothing of it is left."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.see_nothing_left()

    def see_nothing_left(self) -> None:
        """Fail if a process with this home outlives the demo."""
        left = [process for process in psutil.process_iter() if of_home(process, self.home.path)]
        _, alive = psutil.wait_procs(left, timeout=15)
        assert not alive, [process.cmdline() for process in alive]

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 180
        while not holds():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, "the step did not begin"
            time.sleep(0.02)

    def _members(self, word: str) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                if word in line and _STARTER not in line and process.name() != "bash" and of_home(process, self.home.path):
                    yield process
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue


def of_home(process: psutil.Process, home: Path) -> bool:
    """True for a live process that was started with this home."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get("MLP_HOME") == str(home)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def measures(report: dict[str, Any]) -> dict[str, Any]:
    """What must not depend on kills: the measures, sizes and states of the day."""
    run = report["dates"][DAY]
    found = {name: run[name] for name in ("state", "auc", "gauc", "logloss", "train_rows", "test_rows", "promoted", "model_version")}
    rows = {task: (step["state"], step["rows"]) for task, step in run["steps"].items()}
    return {**found, "rows": rows}


def test_killed_at_every_step(synthetic: Any, ids_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A new artifact root, so that every step computes.
    monkeypatch.setenv("MLP_ARTIFACT_ROOT", tmp_path.as_uri())
    for step in STEPS:
        running = Running(synthetic.home)
        running.wait_for_step(step)
        running.kill_group()
        if step in STARTED:
            running = Running(synthetic.home)
            victim = running.wait_for_step(step)
            assert victim is not None
            victim.kill()
            running.process.wait(timeout=300)
            running.see_nothing_left()
    survived = synthetic.home.demo(*DEMO[1:])
    expected = {key: id_ for key, id_ in ids_of(synthetic.report).items() if key[0] == DAY}
    assert ids_of(survived) == expected
    assert measures(survived) == measures(synthetic.report)
