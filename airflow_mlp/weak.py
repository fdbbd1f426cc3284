"""Weak dependencies: `weak(b) >> a` runs a after b has ended, whether b succeeded or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import BaseOperator, BaseXCom, TriggerRule
from airflow.sdk.definitions._internal.mixins import DependencyMixin
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.definitions.xcom_arg import PlainXComArg

if TYPE_CHECKING:
    from airflow.sdk import DAG, Context
    from airflow.sdk.definitions.edges import EdgeModifier
    from airflow.sdk.definitions.xcom_arg import XComArg


class WeakGate(BaseOperator):
    """Stands between a weak upstream and what follows it: a trigger rule holds for all upstreams of a task at once.

    It passes on the upstream's output, or nothing where that failed or was skipped.
    """

    ui_color = "#f4f0ff"

    def __init__(self, *, upstream_task: str, **kwargs: Any) -> None:
        super().__init__(trigger_rule=TriggerRule.ALL_DONE, **kwargs)
        self.upstream_task = upstream_task

    def resolve_template_files(self) -> None:
        """Airflow calls this when a Dag file has been read: here a strong edge that came after the weak one is seen."""
        super().resolve_template_files()
        for task_id in sorted(self.downstream_task_ids & self.dag.get_task(self.upstream_task).downstream_task_ids):
            raise _mixed(task_id, self.upstream_task)

    def execute(self, context: Context) -> Any:
        """The upstream's output, None where there is none."""
        output = context["ti"].xcom_pull(task_ids=self.upstream_task)
        if output is None:
            self.log.info("the weak upstream %r left no output; what follows runs without it", self.upstream_task)
        return output


class Weak(DependencyMixin):
    """The weak side of an operator: an edge from it is not crossed by failure."""

    def __init__(self, upstream: BaseOperator | MappedOperator) -> None:
        self.upstream = upstream

    @property
    def gate(self) -> WeakGate:
        """The gate task behind the upstream, made at first use."""
        dag, task_id = cast("DAG", self.upstream.dag), f"{self.upstream.task_id}__weak"
        if dag.has_task(task_id):
            return dag.get_task(task_id)  # type: ignore[return-value]
        # The label is the id without the group's name, which Airflow puts before it again.
        name = f"{self.upstream.label}__weak"
        gate = WeakGate(task_id=name, upstream_task=self.upstream.task_id, dag=dag, task_group=self.upstream.task_group)
        self.upstream >> gate
        return gate

    @property
    def output(self) -> XComArg:
        """The upstream's output for a task that can do without: None at run time where the upstream failed."""
        return self.gate.output

    @property
    def roots(self) -> Sequence[DependencyMixin]:
        """Nothing: no edge can lead here."""
        return []

    @property
    def leaves(self) -> Sequence[DependencyMixin]:
        """The gate: `a << weak(b)` makes an edge from it."""
        return [self.gate]

    def set_downstream(self, other: DependencyMixin | Sequence[DependencyMixin], edge_modifier: EdgeModifier | None = None) -> None:
        """`weak(b) >> a`. Raises ValueError if a depends on b strongly, TypeError if a is no task, group or list of them."""
        for each in other if isinstance(other, Sequence) else [other]:
            self._check(each)
            self.gate.set_downstream(each, edge_modifier)

    def set_upstream(self, other: DependencyMixin | Sequence[DependencyMixin], edge_modifier: EdgeModifier | None = None) -> None:
        """Raises TypeError: what is weak is the edge that leaves."""
        raise self._no_downstream()

    def update_relative(self, other: DependencyMixin, upstream: bool = True, edge_modifier: EdgeModifier | None = None) -> None:
        """Airflow calls this before an edge between `other` and this that was written from the other's side."""
        if upstream:
            raise self._no_downstream()
        self._check(other)

    def _no_downstream(self) -> TypeError:
        return TypeError(f"weak({self.upstream.task_id}) cannot be a downstream: what is weak is the edge that leaves it")

    def _check(self, downstream: DependencyMixin) -> None:
        if not isinstance(downstream, DependencyMixin):
            raise TypeError(f"after weak({self.upstream.task_id}) comes a task, a task group or a list of them, not {downstream!r}")
        for task in downstream.roots:
            if self.upstream.task_id in cast("BaseOperator", task).upstream_task_ids:
                raise _mixed(cast("BaseOperator", task).task_id, self.upstream.task_id)


def weak(upstream: BaseOperator | MappedOperator | XComArg) -> Weak:
    """`weak(b) >> a`, `a << weak(b)`: a waits for b and runs even if b fails. `weak(b).output` is b's output, absent if b failed.

    b is an operator, or what calling a `@task` function returned. Raises TypeError for anything else.
    """
    if isinstance(upstream, PlainXComArg) and upstream.key == BaseXCom.XCOM_RETURN_KEY:
        upstream = upstream.operator
    if not isinstance(upstream, (BaseOperator, MappedOperator)):
        raise TypeError(f"weak() takes an operator or the whole output of a @task function, not {upstream!r}")
    return Weak(upstream)


def _mixed(task_id: str, upstream_id: str) -> ValueError:
    return ValueError(
        f"the task {task_id!r} depends on {upstream_id!r} both strongly and weakly: "
        f"take its data as weak({upstream_id}).output, or drop weak()"
    )
