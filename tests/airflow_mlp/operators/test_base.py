"""What every operator here does, by the smallest of them: outputs, reuse, clearing, and errors that name the operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from airflow.sdk import DAG, BaseOperator, task
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.operators.base import BadInput, MlpOperator
from airflow_mlp.operators.step import Step
from airflow_mlp.triton.errors import DeployError
from feature_dsl import FeatureError
from mlp_core.artifacts import Artifact, Attempt, Identity, walk
from mlp_core.bundle import BundleError

RunDag = Callable[..., Any]
TaskContext = Callable[..., Any]


class Count(MlpOperator):
    """Makes a table of `rows` numbers; its second output has one row more.

    :param rows: how many.
    """

    step_name: ClassVar[str] = "count"
    output_names: ClassVar[tuple[str, ...]] = ("numbers", "more")

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows

    def run(self, step: Step, context: Any) -> Mapping[str, Artifact]:
        if self.rows < 0:
            raise BadInput(f"rows is {self.rows}: give 0 or more")

        def make(name: str, count: int) -> Artifact:
            def build(attempt: Attempt) -> None:
                attempt.write_table(pa.table({"n": list(range(count))}))

            identity = Identity(operation="count", version=1, partition=str(step.partition), params={"rows": count})
            return step.make("table", identity, build, output=name)

        return {"numbers": make("", self.rows), "more": make("more", self.rows + 1)}


class Flaky(Count):
    """Makes its artifacts and fails in one try, the first.

    :param rows: how many.
    """

    fails_in = 1

    def run(self, step: Step, context: Any) -> Mapping[str, Artifact]:
        made = super().run(step, context)
        if context["ti"].try_number == self.fails_in:
            raise RuntimeError("the connection was lost")
        return made


@pytest.fixture
def root(tmp_path: Path) -> str:
    return (tmp_path / "artifacts").as_uri()


def count_dag(dag_id: str, root: str, **arguments: Any) -> DAG:
    with DAG(dag_id=dag_id, schedule=None, start_date=datetime(2000, 1, 1)) as dag:
        Count(task_id="count", rows=3, artifact_root=root, **arguments)
    return dag


def made(root: str, step: str = "count") -> list[Artifact]:
    """The artifacts of a step, oldest first."""
    found = [artifact for _, artifact in walk(root) if artifact is not None and artifact.manifest.step == step]
    return sorted(found, key=lambda artifact: artifact.manifest.created_at)


def clear_and_run(run: Any, dag: DAG) -> None:
    """Clear the tasks of a finished run as a person does in the UI, and run them again."""
    from airflow.models.taskinstance import clear_task_instances
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState

    with create_session() as session:
        clear_task_instances(run.get_task_instances(session=session), session)
    with create_session() as session:
        instances = run.get_task_instances(session=session)
        for ti in instances:
            ti.try_number, ti.state = ti.try_number + 1, TaskInstanceState.SCHEDULED
        session.commit()
        for ti in instances:
            _run_task(ti=ti, task=dag.get_task(ti.task_id))
            assert ti.state == "success"


def test_outputs_are_uris_and_nothing_else(run_dag: RunDag, root: str) -> None:
    seen: dict[str, Any] = {}
    with DAG(dag_id="base_outputs", schedule=None, start_date=datetime(2000, 1, 1)) as dag:
        count = Count(task_id="count", rows=3, artifact_root=root)

        @task
        def look(first: str, named: str, more: str) -> None:
            seen.update(first=first, named=named, more=more)

        look(count.output, count.outputs["numbers"], count.outputs["more"])
    assert run_dag(dag).state == "success"
    assert seen["first"] == seen["named"]
    assert Artifact.load(seen["first"]).to_arrow()["n"].to_pylist() == [0, 1, 2]
    assert Artifact.load(seen["more"]).rows == 4


def test_the_maker_is_the_task_instance(run_dag: RunDag, root: str) -> None:
    run = run_dag(count_dag("base_maker", root))
    (artifact,) = made(root)
    maker = artifact.manifest.maker
    assert (maker.dag_id, maker.run_id, maker.task_id, maker.try_number) == ("base_maker", run.run_id, "count", 1)
    assert artifact.manifest.partition == "dt=2000-11-20"


def test_another_dag_and_another_day(run_dag: RunDag, root: str) -> None:
    run_dag(count_dag("base_first", root))
    run_dag(count_dag("base_second", root))
    assert len(made(root)) == 1, "another Dag takes what the first has made"
    run_dag(count_dag("base_second", root), "2000-11-21")
    assert [artifact.manifest.partition for artifact in made(root)] == ["dt=2000-11-20", "dt=2000-11-21"]


@pytest.mark.parametrize(("reuse", "attempts"), [("auto", 2), ("always", 1), ("never", 2)])
def test_a_task_that_was_cleared(run_dag: RunDag, root: str, reuse: str, attempts: int) -> None:
    dag = count_dag(f"base_cleared_{reuse}", root, reuse=reuse)
    clear_and_run(run_dag(dag), dag)
    found = made(root)
    assert len(found) == attempts
    assert len({artifact.id for artifact in found}) == 1


@pytest.mark.parametrize(("reuse", "attempts"), [("auto", 1), ("always", 1), ("never", 2)])
def test_what_another_run_has_made(run_dag: RunDag, root: str, reuse: str, attempts: int) -> None:
    run_dag(count_dag(f"base_other_{reuse}", root))
    run_dag(count_dag(f"base_mine_{reuse}", root, reuse=reuse))
    assert len(made(root)) == attempts


def test_a_runs_conf_overrules_the_operator(run_dag: RunDag, root: str) -> None:
    run_dag(count_dag("base_conf_first", root))
    run_dag(count_dag("base_conf", root, reuse="always"), reuse="never")
    assert len(made(root)) == 2


def test_a_retry_takes_what_the_failed_try_has_made(run_dag: RunDag, root: str) -> None:
    with DAG(dag_id="base_retry", schedule=None, start_date=datetime(2000, 1, 1)) as dag:
        Flaky(task_id="count", rows=3, artifact_root=root, retries=1, retry_delay=0)
    run = run_dag(dag)
    assert run.state == "success"
    (artifact,) = made(root)
    assert artifact.manifest.maker.try_number == 1


def test_bad_input_names_the_operator_and_is_not_retried(task_context: TaskContext, root: str) -> None:
    with pytest.raises(AirflowFailException, match=r"^Count 'count': rows is -1: give 0 or more$"):
        Count(task_id="count", rows=-1, artifact_root=root).execute(task_context())
    assert made(root) == []


@pytest.mark.parametrize("error", [BundleError("it is truncated"), FeatureError("it is truncated"), DeployError("it is truncated")])
def test_what_a_library_refuses_names_the_operator(
    task_context: TaskContext, root: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: Any) -> Any:
        raise error

    operator = Count(task_id="count", rows=1, artifact_root=root)
    monkeypatch.setattr(operator, "run", refuse)
    with pytest.raises(BadInput, match=r"^Count 'count': .*it is truncated"):
        operator.execute(task_context())


def test_a_failed_try_after_the_clear_is_reused(task_context: TaskContext, root: str) -> None:
    operator, failing = (kind(task_id="t", rows=3, artifact_root=root) for kind in (Count, Flaky))
    store: dict[str, int] = {}
    kept = SimpleNamespace(get=store.get, set=store.__setitem__)

    def attempt(number: int) -> Any:
        return task_context(try_number=number) | {"task_state_store": kept}

    first = operator.execute(attempt(1))
    failing.fails_in = 2
    with pytest.raises(RuntimeError):
        failing.execute(attempt(2))
    second = operator.execute(attempt(3))
    assert second != first
    assert [artifact.manifest.maker.try_number for artifact in made(root)] == [1, 2]
    assert operator.execute(attempt(4)) != second, "cleared once more, after the third try"


def test_an_unknown_reuse_is_refused(task_context: TaskContext, root: str) -> None:
    with pytest.raises(AirflowFailException, match=r"reuse='sometimes' is not known: use 'auto', 'always' or 'never'"):
        Count(task_id="count", rows=1, artifact_root=root, reuse="sometimes").execute(task_context())  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, "", 7])
def test_an_input_that_is_absent_is_told_by_its_field(root: str, value: Any) -> None:
    operator = Count(task_id="count", rows=1, artifact_root=root)
    operator.rows = value
    with pytest.raises(BadInput, match=r"^rows names no artifact: the task that should have made it left no output"):
        operator.load("rows")


def test_a_file_that_is_gone_is_made_again(run_dag: RunDag, root: str) -> None:
    run_dag(count_dag("base_gone_first", root))
    (artifact,) = made(root)
    next(Path(artifact.local()).glob("*.parquet")).unlink()
    run_dag(count_dag("base_gone", root))
    assert len(made(root)) == 2


def test_operators_are_ordinary_airflow_tasks() -> None:
    assert issubclass(Count, BaseOperator)
    assert "artifact_root" in Count.template_fields
