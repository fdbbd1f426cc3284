"""StatisticsOperator: measures of a table's columns, and expectations of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_mlp.expectations import parse_expectations, violations
from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.sources import Source, source
from airflow_mlp.operators.spark import SparkOperator, check_columns
from airflow_mlp.operators.step import Step
from mlp_core.artifacts import Artifact, Attempt, Identity
from mlp_core.specs.jobs import StatisticsJob

if TYPE_CHECKING:
    from airflow.sdk import Context

_VERSION = 1


class StatisticsOperator(SparkOperator):
    """Measure every column of a table (missing share, distinct values, range, mean) and the label's rate by partition, as a report.

    Expectations that the data do not meet fail the task, once the report is published.

    :param input: the rows: an output of another task, or a URI. (templated)
    :param label: the column with 0 or 1, None for none.
    :param expect: what has to hold: `{"min_rows": 1000, "max_rows": …, "label_rate": (0.01, 0.9), "missing_share": {"age": 0.5},
        "distinct": {"user_id": (2, 10_000)}}`; shares are upper bounds, pairs are the least and the most. (templated)
    """

    template_fields: ClassVar[tuple[str, ...]] = (*SparkOperator.template_fields, "input", "expect")  # type: ignore[misc]
    step_name: ClassVar[str] = "statistics"
    job_module: ClassVar[str] = "spark_jobs.table_statistics"
    ui_color = "#f0f0e0"

    def __init__(self, *, input: Any, label: str | None = None, expect: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input = input
        self.label_column = label  # `label` is an attribute of Airflow's own
        self.expect = dict(expect or {})

    def make(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Measure, then hold the measures against the expectations."""
        rows = source("input", self.input)
        expected = parse_expectations(self.expect, rows.schema.names, self.label_column)
        if self.label_column is not None:
            check_columns("label", [self.label_column], rows.schema.names, rows.uri)
        identity = Identity(
            operation="statistics",
            version=_VERSION,
            partition=str(step.partition),
            params={"label": self.label_column},
            inputs=(rows.input,),
        )
        report = step.launch("report", identity, partial(self._measure, step, context, rows))
        broken = violations(expected, report.read_json("report.json"))
        for sentence in broken:
            self.log.error(sentence)
        if broken:
            raise BadInput(f"{broken[0]}{f', and {len(broken) - 1} more' if len(broken) > 1 else ''}; all measures are in {report.uri}")
        return {"output": report}

    def _measure(self, step: Step, context: Context, rows: Source, attempt: Attempt) -> None:
        spec = StatisticsJob(attempts={str(step.partition): attempt.uri}, input=rows.table(), label=self.label_column)
        self.submit(step, spec, context)
