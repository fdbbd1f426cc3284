"""TrainOperator: what it refuses before a job starts, what it reuses, and what a killed trainer leaves."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.launchers.base import JobFailed
from airflow_mlp.operators.train import TrainOperator, _resources
from airflow_mlp.operators.training_set import TrainingSet
from airflow_mlp.triton.pointer import Pointer, Release, write_pointer
from mlp_core import bundle
from mlp_core.artifacts import Artifact, Identity, publish

TaskContext = Callable[..., Any]


def rows(count: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    users, items = random.integers(1, 50, count), random.integers(1, 30, count)
    label = ((users + items) % 3 == 0).astype(np.int64)
    return pa.table({"user_id": users, "item_id": items, "label": label})


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., str]:
    def make(day: str, count: int = 600, seed: int = 1) -> str:
        identity = Identity(operation="test", version=1, partition=f"dt={day}", params={"count": count, "seed": seed})
        with publish(kind="table", step="sample", root=str(tmp_path / "artifacts"), identity=identity) as attempt:
            attempt.write_table(rows(count, seed))
        return attempt.uri

    return make


@pytest.fixture
def operator(tmp_path: Path, table: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., TrainOperator]:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))

    def make(**changed: Any) -> TrainOperator:
        arguments: dict[str, Any] = {"algorithm": "lr", "hyperparameters": {"cardinality": 64}, "epochs": 1, "batch_size": 128}
        if "train" not in changed:
            arguments |= {"train": table("2000-11-18"), "validation": table("2000-11-19", seed=2)}
        return TrainOperator(task_id="train", artifact_root=str(tmp_path / "artifacts"), **{**arguments, **changed})

    return make


def bundles(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "artifacts" / "train").glob("*/*/*"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"algorithm": "deepfn"}, "unknown algorithm 'deepfn' (did you mean 'deepfm'?)"),
        ({"hyperparameters": {"hiden": [8]}}, "has no field 'hiden'"),
        ({"hyperparameters": {"learning_rate": -1}}, "learning_rate is -1"),
        ({"epochs": 0}, "epochs is 0"),
        ({"label": "clicked"}, "label names the column 'clicked', which the train set"),
        ({"group": "session"}, "group names the column 'session'"),
        ({"columns": ["user_id", "age"]}, "columns names the column 'age'"),
        ({"train": []}, "train names no data"),
        ({"train": "file:///no/such/artifact"}, "there is no published artifact at file:///no/such/artifact"),
        ({"launcher": "slurm"}, "the launcher 'slurm' is not known: use one of process, pytorchjob"),
        ({"warm_start": "file:///no/such/bundle"}, "there is no published artifact at file:///no/such/bundle"),
        ({"resources": {"cores": 2}}, "has no field 'cores'"),
    ],
)
def test_bad_input_fails_before_a_job_starts(
    operator: Callable[..., TrainOperator], task_context: TaskContext, tmp_path: Path, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AirflowFailException) as error:
        operator(**arguments).execute(task_context())
    assert str(error.value).startswith("TrainOperator 'train': ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "home" / "cache" / "jobs").exists()


def test_an_empty_training_set_is_refused(
    operator: Callable[..., TrainOperator], table: Callable[..., str], task_context: TaskContext, tmp_path: Path
) -> None:
    with pytest.raises(AirflowFailException, match=r"TrainOperator 'train': the training set has no rows: look at the filters"):
        operator(train=table("2000-11-18", count=0)).execute(task_context())
    assert not bundles(tmp_path)


@pytest.mark.parametrize(
    ("data_end", "hyperparameters"),
    [("2000-11-19", {}), ("2000-11-18", {"refit": False})],
    ids=["nothing newer", "only validation is newer"],
)
def test_a_training_set_without_days_after_the_parents_is_refused(
    operator: Callable[..., TrainOperator],
    task_context: TaskContext,
    make_bundle: Callable[..., Artifact],
    data_end: str,
    hyperparameters: dict[str, Any],
) -> None:
    parent = make_bundle(data_end=data_end)
    with pytest.raises(AirflowFailException, match=rf"has no rows after {data_end}, where its parent's data end"):
        operator(warm_start=parent.uri, hyperparameters=hyperparameters).execute(task_context())


def test_one_day_after_its_parent_only_validation_is_newer(
    operator: Callable[..., TrainOperator], make_bundle: Callable[..., Artifact]
) -> None:
    task = operator()
    data = TrainingSet.load([task.train], [task.validation])
    data.check(task._spec(data), after=make_bundle(data_end="2000-11-18"))


def test_an_empty_reference_is_no_validation_set(table: Callable[..., str], tmp_path: Path) -> None:
    identity = Identity(operation="test", version=1, partition="dt=2000-11-20")
    with publish(kind="reference", step="sample.validation", root=str(tmp_path), identity=identity) as attempt:
        attempt.add_entries([])
    assert TrainingSet.load([table("2000-11-18")], [attempt.uri]).validation == ()


def test_threads_do_not_depend_on_the_machine(operator: Callable[..., TrainOperator]) -> None:
    assert _resources(operator().job_resources).threads == 2


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_bundle_is_trained_and_reused(operator: Callable[..., TrainOperator], task_context: TaskContext, tmp_path: Path) -> None:
    uri = operator().execute(task_context())
    made = Artifact.load(uri)
    assert made.kind == "model"
    assert [item.name for item in made.manifest.inputs] == ["train.0", "validation.1"]
    loaded = bundle.load(uri)
    loaded.check()
    assert loaded.info.data == bundle.DataWindow(start="2000-11-18", end="2000-11-19")
    assert not list((tmp_path / "home" / "cache" / "jobs").iterdir())
    # Where it runs, and a default that is spelled out, are no part of what is made.
    same = operator(resources={"cpu": 1}, image="x", hyperparameters={"cardinality": 64, "optimizer": "adagrad"})
    assert same.execute(task_context(try_number=2)) == uri
    assert len(bundles(tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_warm_start_goes_on_from_the_deployed_parent(
    operator: Callable[..., TrainOperator], table: Callable[..., str], task_context: TaskContext, tmp_path: Path
) -> None:
    days = {day: table(day, seed=index) for index, day in enumerate(("2000-11-17", "2000-11-18", "2000-11-19", "2000-11-20"))}
    first, second = ("2000-11-17", "2000-11-18"), tuple(days)
    no_parent = operator(warm_start="parent", train=days[first[0]], validation=days[first[1]])
    parent = Artifact.load(no_parent.execute(task_context("2000-11-19")))
    assert [item.name for item in parent.manifest.inputs] == ["train.0", "validation.1"]

    window = bundle.load(parent.uri).info.data
    release = Release(version=1, bundle=parent.uri, digest=parent.digest, data_start=window.start, data_end=window.end)
    folder = tmp_path / "home" / "models" / "ctr"
    folder.mkdir(parents=True)
    write_pointer(folder, Pointer(name="ctr").moved(release, "deployed"))

    grown = operator(warm_start="parent", train=[days[day] for day in second[:-1]], validation=days[second[-1]])
    child = Artifact.load(grown.execute(task_context("2000-11-21")))
    assert child.manifest.inputs[-1].name == "parent"
    assert child.manifest.inputs[-1].uri == parent.uri
    assert bundle.load(child.uri).info.parent == parent.digest
    # A rerun of the earlier day has no parent still: the deployed model has seen that day.
    assert no_parent.execute(task_context("2000-11-19", try_number=2)) == parent.uri


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_after_a_killed_trainer_the_retry_makes_the_same_artifact(
    operator: Callable[..., TrainOperator], task_context: TaskContext, tmp_path: Path
) -> None:
    killer = threading.Thread(target=_kill_the_trainer, daemon=True)
    killer.start()
    with pytest.raises(JobFailed, match="failed with signal SIGKILL"):
        operator(epochs=200).execute(task_context())
    killer.join()
    (left,) = bundles(tmp_path)
    assert not (left / "_manifest.json").exists()
    made = Artifact.load(operator(epochs=200).execute(task_context(try_number=2)))
    assert made.id == left.parent.name


def _kill_the_trainer() -> None:
    tick = threading.Event()
    for _ in range(600):
        for process in psutil.Process().children(recursive=True):
            if process.is_running() and process.cmdline()[1:3] == ["-m", "mlp_train"]:
                tick.wait(1.0)
                os.kill(process.pid, signal.SIGKILL)
                return
        tick.wait(0.1)
