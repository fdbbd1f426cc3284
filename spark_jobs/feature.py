"""Runs a compiled feature plan over every row. Tasks read and write Arrow themselves: rows never pass the JVM."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlp_core.artifacts import Attempt, FileEntry, storage
from mlp_core.specs.jobs import FeatureJob, Table, unpack_schema
from spark_jobs.outputs import Written, publish, write_parts
from spark_jobs.runtime import context, main

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl import Plan

_BATCH_ROWS = 65_536
_SPLIT_BYTES = 128 << 20
_SMALL_BYTES = 4 << 20
"""What opening a file costs, in bytes that could be read meanwhile (as Spark's own openCostInBytes)."""


@dataclass(frozen=True)
class Split:
    """Part of a file: its row groups from `first` up to, not including, `last` (all where last is None)."""

    partition: str
    uri: str
    cost: int
    first: int = 0
    last: int | None = None


def run(job: FeatureJob) -> None:
    """Compute and publish every partition."""
    spark = context()
    plan = _plan(job.plan)
    splits = [split for partition in job.input.partitions for split in _splits(partition.name, partition.files)]
    tasks = pack(splits, spark.defaultParallelism)
    parts: dict[str, list[FileEntry]] = {partition: [] for partition in job.attempts}
    schema = output_schema(plan, job.input, job.keep)
    if tasks:
        work = spark.broadcast(job.to_json())
        for written in spark.parallelize(tasks, len(tasks)).mapPartitions(lambda task: _run_task(work.value, task)).collect():
            parts[written.partition].append(written.entry)

    def describe(attempt: Attempt) -> None:
        attempt.plan = job.plan

    publish(job.attempts, parts, schema, describe)


def output_schema(plan: Plan, table: Table, keep: Iterable[str]) -> pa.Schema:
    """The kept columns, then one column per feature with its role and sizes as field metadata."""
    import pyarrow as pa

    source = unpack_schema(table.schemas[-1])
    kept = [pa.field(table.column, pa.string()) if name == table.column else source.field(name) for name in keep]
    return pa.schema([*kept, *plan.schema])


def pack(splits: Iterable[Split], parallelism: int) -> list[list[Split]]:
    """Splits in order, in about as many tasks as keep every core busy, small files together."""
    splits = list(splits)
    total = sum(split.cost for split in splits)
    limit = min(_SPLIT_BYTES, max(_SMALL_BYTES, total // max(parallelism, 1) + 1))
    tasks: list[list[Split]] = []
    room = 0
    for split in splits:
        if not tasks or split.cost > room:
            tasks.append([])
            room = limit
        tasks[-1].append(split)
        room -= split.cost
    return tasks


def _splits(partition: str, files: Iterable[Any]) -> Iterator[Split]:
    for file in files:
        cost = file.bytes + _SMALL_BYTES // 64
        if file.bytes <= _SPLIT_BYTES:
            yield Split(partition, file.uri, cost)
            continue
        groups = _row_groups(file.uri)
        step = max(1, groups * _SPLIT_BYTES // file.bytes)
        for first in range(0, groups, step):
            last = min(first + step, groups)
            yield Split(partition, file.uri, cost * (last - first) // groups, first, last)


def _row_groups(uri: str) -> int:
    import pyarrow.parquet as pq

    fs, path = storage.filesystem(uri)
    with fs.open(path, "rb") as source:
        return int(pq.read_metadata(source).num_row_groups)


def _run_task(job: bytes, tasks: Iterable[list[Split]]) -> Iterator[Written]:
    spec = FeatureJob.from_json(job)
    plan = _plan(spec.plan)
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
def _plan(text: str) -> Plan:
    """The plan, once for each worker process: its kernels are loaded then."""
    from feature_dsl import Plan

    return Plan.from_json(text)


if __name__ == "__main__":
    sys.exit(main(FeatureJob, run))
