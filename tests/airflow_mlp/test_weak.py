"""Weak dependencies: edges that failure does not cross, their data, and what may not be mixed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, BaseOperator, task

from airflow_mlp.weak import weak

RunDag = Callable[..., Any]


class Step(BaseOperator):
    """Notes what it was given; fails if told to."""

    template_fields = ("given",)
    seen: dict[str, Any] = {}

    def __init__(self, *, given: Any = None, fails: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.given = given
        self.fails = fails

    def execute(self, context: Any) -> str:
        Step.seen[self.task_id] = self.given
        if self.fails:
            raise ValueError("as told")
        return f"made by {self.task_id}"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    Step.seen.clear()
    yield


def new_dag(name: str) -> DAG:
    return DAG(dag_id=name, schedule=None, start_date=datetime(2000, 1, 1))


def states(run: Any) -> dict[str, str]:
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


@pytest.mark.parametrize("fails", [False, True])
def test_the_downstream_runs_whether_the_weak_upstream_fails_or_not(run_dag: RunDag, fails: bool) -> None:
    with new_dag(f"weak_edge_{fails}") as dag:
        strong, stats, train = Step(task_id="strong"), Step(task_id="stats", fails=fails), Step(task_id="train")
        strong >> train
        weak(stats) >> train
    run = run_dag(dag)
    assert run.state == "success"
    assert states(run) == {"strong": "success", "stats": "failed" if fails else "success", "stats__weak": "success", "train": "success"}


def test_a_strong_upstream_still_stops_what_follows(run_dag: RunDag) -> None:
    with new_dag("weak_beside_strong") as dag:
        strong, stats, train = Step(task_id="strong", fails=True), Step(task_id="stats"), Step(task_id="train")
        strong >> train
        weak(stats) >> train
    run = run_dag(dag)
    assert run.state == "failed"
    assert states(run)["train"] == "upstream_failed"


@pytest.mark.parametrize(("fails", "expected"), [(False, "made by stats"), (True, None)])
def test_the_output_of_a_failed_weak_upstream_is_absent(run_dag: RunDag, fails: bool, expected: str | None) -> None:
    with new_dag(f"weak_output_{fails}") as dag:
        stats = Step(task_id="stats", fails=fails)
        Step(task_id="train", given=weak(stats).output)
    assert run_dag(dag).state == "success"
    assert Step.seen["train"] == expected


def test_one_gate_serves_all_that_follow() -> None:
    with new_dag("weak_once") as dag:
        stats, one, two = Step(task_id="stats"), Step(task_id="one"), Step(task_id="two")
        weak(stats) >> [one, two]
        weak(stats) >> Step(task_id="three", given=weak(stats).output)
    assert sorted(task.task_id for task in dag.tasks) == ["one", "stats", "stats__weak", "three", "two"]
    assert dag.get_task("stats__weak").downstream_task_ids == {"one", "two", "three"}


MIXED = r"the task 'train' depends on 'stats' both strongly and weakly: take its data as weak\(stats\)\.output"


def test_a_strong_edge_before_the_weak_one_is_an_error() -> None:
    with new_dag("weak_and_output"):
        stats = Step(task_id="stats")
        train = Step(task_id="train", given=stats.output)
        with pytest.raises(ValueError, match=MIXED):
            weak(stats) >> train


def test_a_strong_edge_after_the_weak_one_is_an_error() -> None:
    with new_dag("weak_then_strong") as dag:
        stats, train = Step(task_id="stats"), Step(task_id="train")
        weak(stats) >> train
        stats >> train
    with pytest.raises(ValueError, match=MIXED):
        DagBag(dag_folder=os.devnull).bag_dag(dag)


def test_a_gate_lies_in_the_group_of_its_upstream() -> None:
    from airflow.sdk import TaskGroup

    with new_dag("weak_group") as dag:
        with TaskGroup("looks"):
            stats = Step(task_id="stats")
        weak(stats) >> Step(task_id="train")
    assert dag.get_task("looks.stats__weak").upstream_task_ids == {"looks.stats"}


def test_the_arrow_may_point_either_way() -> None:
    with new_dag("weak_arrows") as dag:
        stats, one, two, three = (Step(task_id=name) for name in ("stats", "one", "two", "three"))
        one << weak(stats)
        [two, three] << weak(stats)
    assert dag.get_task("stats__weak").downstream_task_ids == {"one", "two", "three"}


@pytest.mark.parametrize("fails", [False, True])
def test_task_functions_stand_on_both_sides(run_dag: RunDag, fails: bool) -> None:
    with new_dag(f"weak_functions_{fails}") as dag:

        @task
        def look() -> str:
            if fails:
                raise ValueError("as told")
            return "seen"

        @task
        def tell(report: str | None) -> str | None:
            return report

        looked = look()
        weak(looked) >> tell.override(task_id="after")(None)
        tell.override(task_id="before")(None) << weak(looked)
        tell(weak(looked).output)  # type: ignore[arg-type]
    run = run_dag(dag)
    wanted = dict.fromkeys(("look__weak", "after", "before", "tell"), "success")
    assert states(run) == {"look": "failed" if fails else "success", **wanted}


def test_what_is_no_task_is_refused_in_a_sentence() -> None:
    with new_dag("weak_refusals"):
        stats, train = Step(task_id="stats"), Step(task_id="train")
        with pytest.raises(TypeError, match=r"weak\(\) takes an operator or the whole output of a @task function, not 'stats'"):
            weak("stats")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"weak\(\) takes an operator or the whole output of a @task function, not XComArg"):
            weak(stats.output["part"])  # type: ignore[index]
        with pytest.raises(TypeError, match=r"after weak\(stats\) comes a task, a task group or a list of them, not None"):
            weak(stats) >> None  # type: ignore[operator]
        with pytest.raises(TypeError, match=r"weak\(stats\) cannot be a downstream"):
            train >> weak(stats)


def test_a_mixed_edge_is_an_error_from_the_other_side_too() -> None:
    with new_dag("weak_mixed_left"):
        stats = Step(task_id="stats")
        train = Step(task_id="train", given=stats.output)
        with pytest.raises(ValueError, match=MIXED):
            train << weak(stats)
