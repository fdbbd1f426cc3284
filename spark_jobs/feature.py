"""Runs a compiled feature plan over every row. Tasks read and write Arrow themselves: rows never pass the JVM."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial

from mlp_core.artifacts import Attempt, FileEntry, storage
from mlp_core.specs.jobs import FeatureJob, File
from spark_jobs.feature_task import Split, compiled, output_schema, run_task
from spark_jobs.outputs import publish
from spark_jobs.runtime import context, main

_SPLIT_BYTES = 128 << 20
_SMALL_BYTES = 4 << 20
"""What opening a file costs, in bytes that could be read meanwhile (as Spark's own openCostInBytes)."""


def run(job: FeatureJob) -> None:
    """Compute and publish every partition."""
    spark = context()
    plan = compiled(job.plan)
    splits = [split for partition in job.input.partitions for split in _splits(partition.name, partition.files)]
    tasks = pack(splits, spark.defaultParallelism)
    parts: dict[str, list[FileEntry]] = {partition: [] for partition in job.attempts}
    schema = output_schema(plan, job.input, job.keep)
    if tasks:
        work = job.to_json()
        for written in spark.parallelize(tasks, len(tasks)).mapPartitions(partial(run_task, work)).collect():
            parts[written.partition].append(written.entry)

    def describe(attempt: Attempt) -> None:
        attempt.plan = job.plan

    publish(job.attempts, parts, schema, describe)


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


def _splits(partition: str, files: Iterable[File]) -> Iterator[Split]:
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


if __name__ == "__main__":
    sys.exit(main(FeatureJob, run))
