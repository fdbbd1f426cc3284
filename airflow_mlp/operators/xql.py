"""XqlOperator: SQL over tables t1…tn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.sources import Source, source
from airflow_mlp.operators.spark import SparkOperator
from airflow_mlp.operators.step import Step
from airflow_mlp.sql import Query, check_columns, read_query
from mlp_core.artifacts import Artifact, Attempt, Identity
from mlp_core.artifacts.manifest import digest_of
from mlp_core.specs.jobs import XqlJob

if TYPE_CHECKING:
    from airflow.sdk import Context

_VERSION = 1


class XqlOperator(SparkOperator):
    """Run one SELECT statement of Spark SQL and publish its result as a table.

    With `per_partition=True` the result of a partition comes from that partition of the first input alone (and from the other
    inputs as a whole): each is an artifact of its own, only those that are missing are computed, and the output is a reference
    that lists all. Otherwise the statement sees whole inputs, and its result is the run's own partition.

    The partition column (`dt`) can be used in the statement, but is no column of the result: readers add it.

    :param inputs: what the statement calls t1…tn: a list in that order, or a dictionary by name. Each is an output of another task, the URI
        of a table or a reference, or a table of the local warehouse by its name. (templated)
    :param sql: the statement, or the name of a `.sql` file. (templated)
    :param per_partition: work partition by partition of the first input.
    """

    template_fields: ClassVar[tuple[str, ...]] = (*SparkOperator.template_fields, "inputs", "sql")  # type: ignore[misc]
    template_ext: ClassVar[Sequence[str]] = (".sql",)  # type: ignore[misc]
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}
    step_name: ClassVar[str] = "xql"
    job_module: ClassVar[str] = "spark_jobs.xql"
    ui_color = "#dff0ea"

    def __init__(self, *, inputs: Mapping[str, Any] | Sequence[Any], sql: str, per_partition: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inputs = inputs if isinstance(inputs, Mapping) else {f"t{place}": value for place, value in enumerate(inputs, start=1)}
        self.sql = sql
        self.per_partition = per_partition

    def make(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Read the statement, then run it where its result is not there yet."""
        if not self.inputs:
            raise BadInput("inputs is empty: name at least one table, t1")
        query = read_query(self.sql, list(self.inputs))
        if query.random:
            self.log.warning("sql uses the time or random numbers: computed again, it gives another result under the same id")
        sources = [source(name, value) for name, value in self.inputs.items()]
        check_columns(query, sources[0].columns)
        make = self._each if self.per_partition else self._whole
        return {"output": make(step, context, query, sources)}

    def _each(self, step: Step, context: Context, query: Query, sources: Sequence[Source]) -> Artifact:
        first, others = sources[0], sources[1:]
        identities = {
            partition: Identity(
                operation="xql.partition",
                version=_VERSION,
                partition=partition,
                inputs=(first.input_of(partition), *(item.input for item in others)),
                code=digest_of(query.text),
            )
            for partition in first.entries
        }
        mode: Literal["together", "each"] = "together" if query.row_wise else "each"
        text = query.routed if query.row_wise else query.text

        def job(attempts: dict[str, str]) -> XqlJob:
            tables = (first.table(attempts), *(item.table() for item in others))
            return XqlJob(attempts=attempts, sql=text, mode=mode, inputs=tables)

        return step.make_reference(self.make_partitions(step, context, identities, job))

    def _whole(self, step: Step, context: Context, query: Query, sources: Sequence[Source]) -> Artifact:
        identity = Identity(
            operation="xql.whole",
            version=_VERSION,
            partition=str(step.partition),
            inputs=tuple(item.input for item in sources),
            code=digest_of(query.text),
        )
        return step.launch("table", identity, partial(self._run_whole, step, context, query, sources))

    def _run_whole(self, step: Step, context: Context, query: Query, sources: Sequence[Source], attempt: Attempt) -> None:
        tables = tuple(item.table() for item in sources)
        self.submit(step, XqlJob(attempts={str(step.partition): attempt.uri}, sql=query.text, mode="whole", inputs=tables), context)
