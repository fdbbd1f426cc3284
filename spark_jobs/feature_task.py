"""What a Spark task does to compute features: read Arrow, run the plan, write Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mlp_core.artifacts import storage
from mlp_core.specs.jobs import FeatureJob, Table
from spark_jobs.outputs import Written, write_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl import Plan

_BATCH_ROWS = 65_536


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
    plan = compiled(spec.plan)
    schema = output_schema(plan, spec.input, spec.keep)
    for splits in tasks:
        yield from write_parts(_computed(spec, plan, splits, schema), spec.attempts, schema)


def _computed(spec: FeatureJob, plan: Plan, splits: Iterable[Split], schema: pa.Schema) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The output rows of `splits`, each batch with its partition."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    column = spec.input.column
    wanted = list(dict.fromkeys([*spec.keep, *(item.name for item in plan.inputs)]))
    for split in splits:
        fs, path = storage.filesystem(split.uri)
        with fs.open(path, "rb") as source, pq.ParquetFile(source) as file:
            groups = None if split.last is None else range(split.first, split.last)
            stored = [name for name in wanted if name != column]
            for batch in file.iter_batches(_BATCH_ROWS, columns=stored, row_groups=groups):
                if column in wanted:
                    value = pa.array([split.partition.partition("=")[2]] * batch.num_rows, pa.string())
                    batch = batch.append_column(column, value)
                computed = plan.run(batch)
                kept = [batch.column(name).cast(schema.field(name).type) for name in spec.keep]
                yield split.partition, pa.RecordBatch.from_arrays([*kept, *computed.columns], schema=schema)


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
