"""The launcher spark_submit against a real YARN: one step in client mode, artifacts on HDFS, found by MLP_TEST_YARN and MLP_TEST_HDFS."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_mlp.launchers.base import JobCancelled
from airflow_mlp.launchers.spark_home import installed_spark
from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.xql import XqlOperator
from mlp_core.artifacts import Artifact, storage
from mlp_core.artifacts.reuse import walk
from mlp_core.specs import Resources

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (os.environ.get("MLP_TEST_YARN") and os.environ.get("MLP_TEST_HDFS")),
        reason="MLP_TEST_YARN and MLP_TEST_HDFS name no resource manager with its HDFS",
    ),
]
RunStep = Callable[..., dict[str, Artifact]]
DAYS = [f"dt=2000-11-{day}" for day in range(18, 21)]
LABEL = "SELECT user_id, CAST(rating >= 4 AS BIGINT) AS label FROM t1 WHERE rating <> 3"
BUSY = "SELECT user_id, aggregate(sequence(1, 10000000), 0L, (sum, i) -> sum + i * length(user_id)) AS work FROM t1"
SMALL = Resources(cpu=1, memory="512Mi")
ENDED = ("FINISHED", "FAILED", "KILLED")


@pytest.fixture
def root() -> Iterator[str]:
    """A folder of this test on HDFS."""
    folder = f"{os.environ['MLP_TEST_HDFS']}/tmp/{uuid.uuid4().hex}"
    yield folder
    fs, path = storage.filesystem(folder)
    fs.rm(path, recursive=True)


@pytest.fixture
def behaviour(root: str) -> str:
    """A table of three days on HDFS, 200 ratings each."""
    fs, path = storage.filesystem(f"{root}/behaviour")
    for number, day in enumerate(DAYS):
        ratings = pa.array([(i + number) % 5 + 1 for i in range(200)], pa.int64())
        fs.makedirs(f"{path}/{day}")
        with fs.open(f"{path}/{day}/0.parquet", "wb") as sink:
            pq.write_table(pa.table({"user_id": [f"u{i}" for i in range(200)], "rating": ratings}), sink)
    return f"{root}/behaviour"


@pytest.fixture
def yarn(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of an Airflow connection to the cluster."""
    settings = {
        "spark.yarn.jars": f"local:{installed_spark() / 'jars' / '*'}",
        "spark.pyspark.python": sys.executable,
        "spark.yarn.am.memory": "512m",
    }
    connection = {"conn_type": "spark", "host": "yarn", "extra": {"queue": "ml", "conf": settings}}
    monkeypatch.setenv("AIRFLOW_CONN_YARN", json.dumps(connection))
    # Driver and executors are on one machine here, whose name may lead nowhere.
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    return "yarn"


def applications(task: str) -> list[dict[str, Any]]:
    """What the resource manager knows of the jobs of a task, by the name that the launcher gave them."""
    with urllib.request.urlopen(f"{os.environ['MLP_TEST_YARN']}/ws/v1/cluster/apps", timeout=30) as answer:
        listed = (json.loads(answer.read())["apps"] or {}).get("app", [])
    return [each for each in listed if each["name"].startswith(f"{task}-")]


def the_application(task: str, states: tuple[str, ...]) -> dict[str, Any]:
    """The task's one application, once it is in one of `states`."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = applications(task)
        if len(found) == 1 and found[0]["state"] in states:
            return found[0]
        threading.Event().wait(0.2)
    raise AssertionError(f"no application of {task} came to {' or '.join(states)}: {applications(task)}")


def label_step(task: str, behaviour: str, **where: Any) -> XqlOperator:
    return XqlOperator(task_id=task, inputs={"t1": behaviour}, sql=LABEL, per_partition=True, resources=SMALL, **where)


def test_a_step_on_yarn_makes_what_it_makes_here(run_step: RunStep, behaviour: str, root: str, yarn: str) -> None:
    task = f"label-{uuid.uuid4().hex[:8]}"
    there = run_step(label_step(task, behaviour, launcher="spark_submit", connection=yarn), f"{root}/yarn")["output"]
    application = the_application(task, ENDED)
    assert (application["state"], application["finalStatus"], application["queue"]) == ("FINISHED", "SUCCEEDED", "root.ml")
    assert there.manifest.statistics == {"made": 3, "reused": 0}
    assert all(entry.uri.startswith(f"{root}/yarn/") for entry in there.entries)
    for entry in there.entries:
        Artifact.load(entry.uri).verify()
    here = run_step(label_step(task, behaviour), f"{root}/here")["output"]
    assert (there.id, there.digest, there.rows) == (here.id, here.digest, here.rows)
    assert len(applications(task)) == 1, "the second step was to run on this machine"


def test_cancelling_ends_the_application(run_step: RunStep, behaviour: str, root: str, yarn: str) -> None:
    task = f"busy-{uuid.uuid4().hex[:8]}"
    operator = XqlOperator(
        task_id=task, inputs=[behaviour], sql=BUSY, per_partition=True, launcher="spark_submit", connection=yarn, resources=SMALL
    )

    def kill() -> None:
        the_application(task, ("RUNNING",))
        operator.on_kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(JobCancelled, match="was stopped with its task"):
        run_step(operator, root)
    killer.join()
    the_application(task, ENDED)
    assert not [each for each in psutil.Process().children(recursive=True) if "SparkSubmit" in " ".join(each.cmdline())]
    assert {artifact for _, artifact in walk(f"{root}") if artifact} == set()


def test_a_folder_of_this_machine_is_refused_before_anything_is_submitted(run_step: RunStep, behaviour: str, yarn: str) -> None:
    task = f"refused-{uuid.uuid4().hex[:8]}"
    with pytest.raises(BadInput, match=r"the workers of yarn cannot reach file:.*: put warehouse and artifact root on storage that they"):
        run_step(label_step(task, behaviour, launcher="spark_submit", connection=yarn))
    assert applications(task) == []
