"""Weak dependencies: `weak(b) >> a` runs a after b has ended, whether b succeeded or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, TriggerRule

if TYPE_CHECKING:
    from airflow.sdk import Context
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


class Weak:
    """The weak side of an operator: an edge from it is not crossed by failure."""

    def __init__(self, upstream: BaseOperator) -> None:
        self.upstream = upstream

    @property
    def gate(self) -> WeakGate:
        """The gate task behind the upstream, made at first use."""
        dag, task_id = self.upstream.dag, f"{self.upstream.task_id}__weak"
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

    def __rshift__(self, downstream: BaseOperator | Sequence[BaseOperator]) -> BaseOperator | Sequence[BaseOperator]:
        tasks = [downstream] if isinstance(downstream, BaseOperator) else list(downstream)
        for task in tasks:
            if self.upstream.task_id in task.upstream_task_ids:
                raise _mixed(task.task_id, self.upstream.task_id)
            self.gate >> task
        return downstream


def weak(upstream: BaseOperator) -> Weak:
    """`weak(b) >> a`: a waits for b and runs even if b fails. `weak(b).output` is b's output, absent if b failed."""
    return Weak(upstream)


def _mixed(task_id: str, upstream_id: str) -> ValueError:
    return ValueError(
        f"the task {task_id!r} depends on {upstream_id!r} both strongly and weakly: "
        f"take its data as weak({upstream_id}).output, or drop weak()"
    )
