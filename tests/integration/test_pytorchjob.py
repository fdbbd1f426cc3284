"""Training as a PyTorchJob on a real API server, with the training operator and real pods.

MLP_TEST_KUBECONFIG names the cluster, MLP_TEST_TRAIN_IMAGE an image with the training library (default `mlp/torch`). The nodes have
to see this machine's temporary folder at the same path.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.launchers.base import Job, JobCancelled, JobFailed, JobRejected, LauncherError
from airflow_mlp.launchers.kube import manifest, pytorchjobs
from airflow_mlp.launchers.kube.cluster import Cluster, connect
from airflow_mlp.launchers.pytorchjob import PyTorchJobLauncher
from airflow_mlp.operators.train import TrainOperator
from mlp_core import bundle
from mlp_core.artifacts import Artifact, Identity, publish
from mlp_core.specs import Resources

KUBECONFIG = os.environ.get("MLP_TEST_KUBECONFIG", "")
IMAGE = os.environ.get("MLP_TEST_TRAIN_IMAGE", "mlp/torch")
pytestmark = [
    pytest.mark.skipif(not KUBECONFIG, reason="MLP_TEST_KUBECONFIG names no cluster"),
    pytest.mark.slow,
    pytest.mark.timeout(240),
]
SMALL = Resources(cpu=1, memory="2Gi")
MODULE = """
import json, sys, time
spec = json.load(open(sys.argv[2]))
for number in range(spec.get("lines", 3)):
    print("line", number, flush=True)
time.sleep(spec.get("sleep", 0))
if "fail" in spec:
    print(spec["fail"], flush=True)  # not to stderr: a runtime may put the lines of two streams into any order
    sys.exit(spec.get("code", 1))
"""


@pytest.fixture
def cluster() -> Cluster:
    return connect(KUBECONFIG)


@pytest.fixture
def job(tmp_path: Path, cluster: Cluster) -> Iterator[Callable[..., Job]]:
    (tmp_path / "a_job_of_a_test.py").write_text(MODULE)
    names: list[str] = []

    def make(spec: bytes = b"{}", name: str = "", identity: str = "1", **changed: Any) -> Job:
        names.append(name or f"test-{uuid.uuid4().hex[:8]}")
        arguments: dict[str, Any] = {"env": {"PYTHONPATH": str(tmp_path)}, "resources": SMALL, "workdir": tmp_path, **changed}
        return Job(name=names[-1], module="a_job_of_a_test", spec=spec, identity=identity, **arguments)

    yield make
    for name in names:
        pytorchjobs.delete(cluster, manifest.object_name(name))


def launcher(**changed: Any) -> PyTorchJobLauncher:
    return PyTorchJobLauncher(**{"connection": KUBECONFIG, "image": IMAGE, **changed})


def started(cluster: Cluster, made: Job) -> None:
    """Return when the master of the job runs."""
    tick = threading.Event()
    for _ in range(300):
        pods = pytorchjobs.pods_of(cluster, manifest.object_name(made.name))
        if any(pod["status"].get("phase") == "Running" for pod in pods):
            return
        tick.wait(0.2)
    raise AssertionError(f"the pods of {made.name} did not start")


def gone(cluster: Cluster, made: Job, within: float = 30) -> bool:
    tick, until = threading.Event(), time.monotonic() + within
    while pytorchjobs.left(cluster, manifest.object_name(made.name)):
        if time.monotonic() > until:
            return False
        tick.wait(0.2)
    return True


def in_thread(run: Callable[[], Any]) -> tuple[threading.Thread, list[BaseException]]:
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            run()
        except JobFailed as error:
            errors.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    return thread, errors


def test_a_job_runs_its_log_arrives_once_and_it_is_deleted(
    job: Callable[..., Job], cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made = job(b'{"lines": 500, "sleep": 3}')
    assert launcher().run(made) == made.spec
    assert [line for line in caplog.messages if line.startswith("line ")] == [f"line {number}" for number in range(500)]
    assert gone(cluster, made)


def test_a_failure_is_told_in_the_words_of_the_job_and_the_next_try_replaces_it(job: Callable[..., Job], cluster: Cluster) -> None:
    made = job(b'{"fail": "no such column", "code": 3}')
    with pytest.raises(JobFailed, match=rf"the PyTorchJob default/{made.name} failed: the pod .* exit code 3: no such column$") as error:
        launcher().run(made)
    assert not isinstance(error.value, JobRejected)
    launcher().run(job(b'{"lines": 1}', name=made.name))
    assert gone(cluster, made)


def test_a_job_that_refuses_its_input_is_not_to_be_retried(job: Callable[..., Job]) -> None:
    with pytest.raises(JobRejected, match="exit code 2: empty"):
        launcher().run(job(b'{"fail": "empty", "code": 2}'))


def test_cancelling_from_a_signal_handler_deletes_the_job(job: Callable[..., Job], cluster: Cluster) -> None:
    made, runner = job(b'{"sleep": 600}'), launcher()

    def stop_when_started() -> None:
        started(cluster, made)
        os.kill(os.getpid(), signal.SIGUSR2)

    before = signal.signal(signal.SIGUSR2, lambda number, frame: runner.cancel(made))
    stopper = threading.Thread(target=stop_when_started)
    stopper.start()
    try:
        with pytest.raises(JobCancelled, match="was deleted because its task was stopped"):
            runner.run(made)
    finally:
        stopper.join()
        signal.signal(signal.SIGUSR2, before)
    assert gone(cluster, made)


def test_a_later_try_follows_the_job_of_an_earlier_one(job: Callable[..., Job], cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    first = job(b'{"sleep": 12, "output": "first"}')
    lost = launcher()
    thread, _ = in_thread(lambda: lost.run(first))
    started(cluster, first)
    second = job(b'{"sleep": 12, "output": "second"}', name=first.name)
    assert launcher().run(second) == first.spec
    assert "of an earlier try still runs; it is followed to its end" in caplog.text
    thread.join(30)


def test_a_job_that_computes_something_else_is_replaced(job: Callable[..., Job], cluster: Cluster) -> None:
    first = job(b'{"sleep": 600}')
    thread, errors = in_thread(lambda: launcher().run(first))
    started(cluster, first)
    second = job(b'{"lines": 1}', name=first.name, identity="2")
    assert launcher().run(second) == second.spec
    thread.join(30)
    assert not thread.is_alive()
    assert errors


def test_an_image_that_is_missing_is_told_before_the_deadline(job: Callable[..., Job], cluster: Cluster) -> None:
    made = job()
    with pytest.raises(JobFailed, match=r"was given up: the pod .*-master-0 cannot start: its image 'missing/x:1' cannot be pulled"):
        launcher(image="missing/x:1").run(made)
    assert gone(cluster, made)


def test_the_deadline_is_kept_here(job: Callable[..., Job], cluster: Cluster) -> None:
    made = job(b'{"sleep": 600}')
    with pytest.raises(JobFailed, match="was given up: it has not ended within 6 seconds"):
        launcher(deadline=6).run(made)
    assert gone(cluster, made)


def test_a_job_of_somebody_else_is_left_alone(job: Callable[..., Job], cluster: Cluster) -> None:
    made = job()
    body = manifest.pytorchjob(made, image="missing/x:1", volumes=())
    del body["metadata"]["labels"]
    where = (manifest.GROUP, manifest.VERSION, cluster.namespace, manifest.PLURAL)
    cluster.custom.create_namespaced_custom_object(*where, body)
    with pytest.raises(LauncherError, match="exists and was not made by this task"):
        launcher().run(made)
    assert pytorchjobs.read(cluster, made.name) is not None


def test_an_unknown_namespace_is_told_in_one_sentence(job: Callable[..., Job]) -> None:
    with pytest.raises(LauncherError, match=r"refuses to create the PyTorchJob .* \(404\): .*no-such-namespace"):
        launcher(namespace="no-such-namespace").run(job())


@pytest.fixture
def training_set(tmp_path: Path) -> str:
    random = np.random.default_rng(1)
    users, items = random.integers(1, 50, 600), random.integers(1, 30, 600)
    rows = pa.table({"user_id": users, "item_id": items, "label": ((users + items) % 3 == 0).astype(np.int64)})
    identity = Identity(operation="test", version=1, partition="dt=2000-11-18")
    with publish(kind="table", step="sample", root=str(tmp_path / "artifacts"), identity=identity) as attempt:
        attempt.write_table(rows)
    return attempt.uri


def operator(tmp_path: Path, train: str, **changed: Any) -> TrainOperator:
    arguments: dict[str, Any] = {
        "launcher": "pytorchjob",
        "connection": KUBECONFIG,
        "image": IMAGE,
        "volumes": [{"mount": str(tmp_path), "host_path": str(tmp_path)}],
        "resources": SMALL,
        "algorithm": "lr",
        "hyperparameters": {"cardinality": 64},
        **changed,
    }
    return TrainOperator(task_id="train", train=train, artifact_root=str(tmp_path / "artifacts"), **arguments)


def context() -> Any:
    run = SimpleNamespace(conf={}, partition_date=dt.date(2000, 11, 20), partition_key=None)
    ti = SimpleNamespace(id="1", dag_id="d", run_id=uuid.uuid4().hex, task_id="train", map_index=-1, try_number=1)
    return {"ti": ti, "dag_run": run, "params": {}}


def test_the_trainer_makes_the_same_bundle_in_a_pod_as_in_a_process(
    tmp_path: Path, training_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    there = Artifact.load(operator(tmp_path, training_set).execute(context()))
    bundle.load(there.uri).check()
    here = Artifact.load(operator(tmp_path, training_set, launcher="process", reuse="never").execute(context()))
    assert (here.id, here.digest) == (there.id, there.digest)
    assert here.uri != there.uri


def test_a_root_that_workers_cannot_reach_fails_before_anything_is_submitted(
    tmp_path: Path, training_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    with pytest.raises(AirflowFailException, match=r"TrainOperator 'train': the workers cannot reach file:.*name a volume"):
        operator(tmp_path, training_set, volumes=[], connection="/no/such/kubeconfig").execute(context())


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace that neither the kubeconfig nor a default names."""
    name = f"team-{uuid.uuid4().hex[:8]}"
    cluster.core.create_namespace({"metadata": {"name": name}})
    yield name
    cluster.core.delete_namespace(name)


@pytest.mark.parametrize("field", ["kube_config_path", "kube_config"])
def test_an_airflow_connection_leads_to_the_cluster_and_the_namespace(
    tmp_path: Path,
    training_set: str,
    cluster: Cluster,
    namespace: str,
    run_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    field: str,
) -> None:
    extra = {field: KUBECONFIG if field == "kube_config_path" else Path(KUBECONFIG).read_text(), "namespace": namespace}
    monkeypatch.setenv("AIRFLOW_CONN_A_TRAINING_CLUSTER", json.dumps({"conn_type": "kubernetes", "extra": extra}))
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    with DAG(dag_id=f"pytorchjob_by_{field}", schedule=None, start_date=dt.datetime(2000, 1, 1)) as dag:
        operator(tmp_path, training_set, connection="a_training_cluster")
    run = run_dag(dag)
    assert run.state == "success"
    made = Artifact.load(run.get_task_instance("train").xcom_pull(task_ids="train"))
    assert made.manifest.maker.dag_id == dag.dag_id
    bundle.load(made.uri).check()
    # The job itself is deleted by now: the cluster's events tell where it ran.
    kinds = {event.involved_object.kind for event in cluster.core.list_namespaced_event(namespace).items}
    assert {"PyTorchJob", "Pod"} <= kinds
