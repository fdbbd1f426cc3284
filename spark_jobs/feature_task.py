"""What a Spark task does to compute features: read Arrow, run the plan, write Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mlp_core.specs.jobs import FeatureJob, Table
from spark_jobs.outputs import Written, write_parts
from spark_jobs.parquet_rows import batches

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl import Plan


@dataclass(frozen=True)
class Split:
    """Part of a file: its row groups from `first` up to, not including, `last` (all where last is None)."""

    partition: str
    uri: str
    cost: int
    first: int = 0
    last: int | None = None


def run_task(job: bytes, tasks: Iterable[list[Split]]) -> Iterator[Written]:
    """Compute and write what `tasks` name; `job` is the whole specification."""
    spec = FeatureJob.from_json(job)
    schema = output_schema(compiled(spec.plan), spec.input, spec.keep)
    for splits in tasks:
        yield from write_parts(_computed(spec, splits, schema), spec.attempts, schema)


def _computed(spec: FeatureJob, splits: Iterable[Split], schema: pa.Schema) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The output rows of `splits`, each batch with its partition."""
    import pyarrow as pa

    column = spec.input.column
    wanted = input_columns(spec)
    stored = [name for name in wanted if name != column]
    encoded = set(stored).difference(spec.keep)
    for split in splits:
        groups = None if split.last is None else (split.first, split.last)
        for batch in batches(split.uri, stored, groups, encoded):
            if column in wanted:
                value = pa.scalar(split.partition.partition("=")[2], pa.string())
                batch = batch.append_column(column, pa.repeat(value, batch.num_rows))
            yield split.partition, compute(batch, spec, schema)


def compute(batch: pa.RecordBatch, spec: FeatureJob, schema: pa.Schema) -> pa.RecordBatch:
    """The output rows of the input rows `batch`, in `schema`."""
    import pyarrow as pa

    # One thread: Spark has given the task one core.
    computed = compiled(spec.plan).run(batch, threads=1)
    kept = [batch.column(name).cast(schema.field(name).type) for name in spec.keep]
    return pa.RecordBatch.from_arrays([*kept, *computed.columns], schema=schema)


def input_columns(spec: FeatureJob) -> list[str]:
    """The columns that the job reads: those that stay, then those that the plan needs."""
    return list(dict.fromkeys([*spec.keep, *(item.name for item in compiled(spec.plan).inputs)]))


@lru_cache(maxsize=1)
def compiled(text: str) -> Plan:
    """The plan, once for each worker process: its kernels are loaded then."""
    from feature_dsl import Plan

    return Plan.from_json(text)


def output_schema(plan: Plan, table: Table, keep: Iterable[str]) -> pa.Schema:
    """The kept columns, then one column per feature with its role and sizes as field metadata."""
    import pyarrow as pa

    source = table.newest_schema
    kept = [pa.field(table.column, pa.string()) if name == table.column else source.field(name) for name in keep]
    return pa.schema([*kept, *plan.schema])
