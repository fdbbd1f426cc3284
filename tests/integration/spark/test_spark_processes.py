"""Jobs as spark-submit processes: they succeed, fail in a sentence, die whole, and are made again under the same ids."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_mlp.launchers.base import JobCancelled, JobFailed, LauncherError
from airflow_mlp.launchers.spark_local import SparkLocalLauncher
from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.sample import SampleOperator
from airflow_mlp.operators.trait_join import Trait, TraitJoinOperator
from airflow_mlp.operators.xql import XqlOperator
from mlp_core.artifacts import Artifact
from mlp_core.artifacts.reuse import walk

pytestmark = pytest.mark.slow
DAYS = [f"dt=2000-11-{day}" for day in range(16, 21)]
RunStep = Callable[..., dict[str, Artifact]]
# A statement that keeps the executors busy for long enough to be killed in the middle.
BUSY = "SELECT user_id, aggregate(sequence(1, 100000), 0L, (sum, i) -> sum + i * length(user_id)) AS work FROM t1"


@pytest.fixture
def behaviour(tmp_path: Path) -> str:
    for number, day in enumerate(DAYS):
        folder = tmp_path / "warehouse" / "behaviour" / day
        folder.mkdir(parents=True)
        rows = pa.table(
            {"user_id": [f"u{i}" for i in range(200)], "rating": pa.array([(i + number) % 5 + 1 for i in range(200)], pa.int64())}
        )
        pq.write_table(rows, folder / "0.parquet")
    return str(tmp_path / "warehouse" / "behaviour")


def processes() -> list[psutil.Process]:
    """What this process has started and what runs still."""
    return [each for each in psutil.Process().children(recursive=True) if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def java_at_work() -> tuple[psutil.Process, list[psutil.Process]]:
    """The Spark JVM below this process and all processes with it, once a Python worker of it is there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        family = processes()
        java = [
            each
            for each in family
            if "org.apache.spark.deploy.SparkSubmit" in each.cmdline() and "org.apache.spark.launcher.Main" not in each.cmdline()
        ]
        workers = [each for each in family if "pyspark.worker" in each.cmdline()]
        if java and len(workers) > 1:
            return java[0], family
        threading.Event().wait(0.05)
    raise AssertionError("no Spark JVM with Python workers appeared")


def when_at_work(act: Callable[[psutil.Process], None]) -> tuple[threading.Thread, list[psutil.Process]]:
    """Calls `act` with the JVM once it works; the list fills with all its processes."""
    family: list[psutil.Process] = []

    def wait() -> None:
        java, found = java_at_work()
        family.extend(found)
        act(java)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, family


def all_gone(family: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(family, timeout=20)
    return bool(family) and not alive


def test_partitions_are_made_in_one_application(run_step: RunStep, behaviour: str) -> None:
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT user_id, rating FROM t1 WHERE rating <> 3", per_partition=True)
    made = run_step(operator)["output"]
    assert (made.rows, made.manifest.statistics) == (800, {"made": 5, "reused": 0})
    made.verify()
    assert run_step(operator, run_id="another")["output"].uri == made.uri


def test_a_refused_job_is_bad_input_in_one_sentence(run_step: RunStep, behaviour: str, tmp_path: Path) -> None:
    users = tmp_path / "warehouse" / "users"
    users.mkdir()
    pq.write_table(pa.table({"user_id": ["u1", "u1"], "age": [1, 2]}), users / "0.parquet")
    operator = TraitJoinOperator(task_id="j", input=behaviour, traits=[Trait(source=str(users), on="user_id")])
    with pytest.raises(BadInput, match=r"^j-\w+ failed with exit code 2: the profile table traits\[0\] has 2 rows for the key user_id=u1"):
        run_step(operator)


def test_a_failed_job_tells_sparks_sentence(run_step: RunStep, behaviour: str) -> None:
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT count(nothing) AS n FROM t1")
    with pytest.raises(JobFailed, match=r"exit code 1: \[UNRESOLVED_COLUMN.WITH_SUGGESTION\].*`nothing`") as failure:
        run_step(operator)
    assert "\n" not in str(failure.value)


def test_a_killed_jvm_leaves_nothing_and_the_retry_has_the_same_ids(run_step: RunStep, behaviour: str, tmp_path: Path) -> None:
    operator = XqlOperator(task_id="busy", inputs=[behaviour], sql=BUSY, per_partition=True)
    thread, family = when_at_work(lambda java: java.kill())
    with pytest.raises(JobFailed, match="signal SIGKILL"):
        run_step(operator)
    thread.join()
    assert all_gone(family), "the Python driver and workers end with their JVM"
    found = dict(walk((tmp_path / "artifacts").as_uri()))
    assert len(found) == 5 and set(found.values()) == {None}
    begun = {uri.rsplit("/", 1)[0] for uri in found}
    quick = XqlOperator(task_id="busy", inputs=[behaviour], sql=BUSY, per_partition=True)
    made = run_step(quick)["output"]
    assert {entry.uri.rsplit("/", 1)[0] for entry in made.entries} == begun
    made.verify()


def test_cancelling_ends_all_processes(run_step: RunStep, behaviour: str, tmp_path: Path) -> None:
    operator = XqlOperator(task_id="busy", inputs=[behaviour], sql=BUSY.replace("100000", "10000000"), per_partition=True)
    thread, family = when_at_work(lambda java: operator.on_kill())
    with pytest.raises(JobCancelled, match="stopped with its task"):
        run_step(operator)
    thread.join()
    assert all_gone(family)


def test_java_that_is_missing_is_told_with_the_cure(monkeypatch: pytest.MonkeyPatch, run_step: RunStep, behaviour: str) -> None:
    monkeypatch.setenv("JAVA_HOME", "/no/such/java")
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT rating FROM t1")
    with pytest.raises(BadInput, match="Java is missing and Spark needs Java 17 or newer: install it"):
        run_step(operator)
    monkeypatch.undo()
    from airflow_mlp.launchers import spark_home

    monkeypatch.setattr(spark_home, "java_version", lambda: 11)
    with pytest.raises(LauncherError, match="Java 11 is too old"):
        spark_home.check_java()


def test_ten_million_rows_pass_with_a_driver_of_one_gigabyte(run_step: RunStep, tmp_path: Path) -> None:
    folder = tmp_path / "warehouse" / "large"
    for day in DAYS:
        (folder / day).mkdir(parents=True)
        with pq.ParquetWriter(
            folder / day / "0.parquet", pa.schema([("user_id", pa.int64()), ("label", pa.int64()), ("x", pa.float64())])
        ) as writer:
            for start in range(0, 2_000_000, 500_000):
                ids = np.arange(start, start + 500_000)
                writer.write_table(pa.table({"user_id": ids, "label": ids % 2, "x": ids.astype(np.float64)}))
    operator = XqlOperator(task_id="large", inputs=[str(folder)], sql="SELECT user_id, label, x * 2 AS x FROM t1", per_partition=True)
    made = run_step(operator)["output"]
    assert made.rows == 10_000_000
    assert run_step(SampleOperator(task_id="draw", input=made.uri))["train"].rows == 6_000_000


@pytest.mark.skipif(not os.environ.get("MLP_TEST_HDFS"), reason="MLP_TEST_HDFS names no HDFS")
def test_the_same_steps_on_hdfs(run_step: RunStep, behaviour: str, tmp_path: Path) -> None:
    root = f"{os.environ['MLP_TEST_HDFS']}/tmp/{tmp_path.name}-{os.getpid()}"
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT user_id, rating FROM t1", per_partition=True)
    here, there = run_step(operator)["output"], run_step(operator, root)["output"]
    assert there.uri.startswith(root)
    assert (there.id, there.digest) == (here.id, here.digest)
    again = XqlOperator(task_id="y", inputs=[there.uri], sql="SELECT *, rating >= 4 AS good FROM t1", per_partition=True)
    made = run_step(again, root)["output"]
    made.verify()
    assert made.rows == 1000


def test_settings_reach_spark_submit(tmp_path: Path) -> None:
    from airflow_mlp.launchers.base import Job
    from mlp_core.specs import Resources

    launcher = SparkLocalLauncher(conf={"spark.sql.shuffle.partitions": "7"})
    job = Job(name="n", module="spark_jobs.xql", spec=b"{}", workdir=tmp_path, resources=Resources(cpu=3, memory="2Gi"))
    command = " ".join(launcher.command(job, tmp_path / "job.json"))
    assert "--master local[3] --driver-memory 2048m" in command
    assert "-XX:TieredStopAtLevel=1" in command
    large = Job(name="n", module="spark_jobs.xql", spec=b"{}", workdir=tmp_path, input_bytes=10**9)
    assert "-XX:TieredStopAtLevel=1" not in " ".join(launcher.command(large, tmp_path / "job.json"))
    assert "spark.sql.shuffle.partitions=7" in command and "spark.sql.shuffle.partitions=32" not in command
    with pytest.raises(LauncherError, match=r"there is no Spark job .spark_jobs.nothing."):
        launcher.command(Job(name="n", module="spark_jobs.nothing", spec=b"{}", workdir=tmp_path), tmp_path)
