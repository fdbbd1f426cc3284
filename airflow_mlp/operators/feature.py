"""FeatureOperator: feature columns from a feature file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.sources import Source, source
from airflow_mlp.operators.spark import SparkOperator, check_columns
from airflow_mlp.operators.step import Step
from mlp_core.artifacts import Artifact, Identity
from mlp_core.specs.jobs import FeatureJob

if TYPE_CHECKING:
    from airflow.sdk import Context

    from feature_dsl import Plan

_VERSION = 1


class FeatureOperator(SparkOperator):
    """Compute feature columns, partition by partition, with the same compiled plan that serving runs.

    The feature file is compiled, and its columns held against the input's, before a job starts. The result depends on the compiled plan,
    not on the file's text: a comment or another order of unused features changes nothing.

    :param input: the rows: an output of another task, or a URI. (templated)
    :param features: path of a feature file, or its text. (templated)
    :param select: names of the features to compute, None for all.
    :param domains: only features that read columns of these domains and of no other.
    :param bind: names that columns have in the input, by their names in the feature file.
    :param keep: columns of the input that stay: labels, ids to group by.
    """

    template_fields: ClassVar[tuple[str, ...]] = (*SparkOperator.template_fields, "input", "features")  # type: ignore[misc]
    step_name: ClassVar[str] = "feature"
    job_module: ClassVar[str] = "spark_jobs.feature"
    ui_color = "#e9e4f7"

    def __init__(
        self,
        *,
        input: Any,
        features: str | Path,
        select: Sequence[str] | None = None,
        domains: Sequence[str] | None = None,
        bind: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input = input
        self.features = str(features)
        self.select = select
        self.domains = domains
        self.bind = dict(bind or {})
        self.keep = list(keep)

    def make(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Compile the plan, then compute the partitions that are missing."""
        rows = source("input", self.input)
        plan = self._compile(rows)
        check_columns("keep", self.keep, rows.columns, rows.uri)
        for name in self.keep:
            if name in plan.schema.names:
                raise BadInput(f"keep names the column {name!r}, and a feature has that name: give the feature another, or leave it out")
        identities = {
            partition: Identity(
                operation="feature",
                version=_VERSION,
                partition=partition,
                params={"keep": self.keep},
                inputs=(rows.input_of(partition),),
                code=plan.fingerprint,
            )
            for partition in rows.entries
        }
        text = plan.to_json()

        def job(attempts: dict[str, str]) -> FeatureJob:
            return FeatureJob(attempts=attempts, input=rows.table(attempts), plan=text, keep=tuple(self.keep))

        return {"output": step.make_reference(self.make_partitions(step, context, identities, job))}

    def _compile(self, rows: Source) -> Plan:
        import pyarrow as pa

        from feature_dsl import FeatureError, load

        schema = rows.schema
        if rows.column:
            schema = schema.append(pa.field(rows.column, pa.string()))
        try:
            return load(self.features).compile(only=self.select, domains=self.domains, schema=schema, bind=self.bind)
        except FeatureError as error:
            raise BadInput(f"features: {error}") from error
