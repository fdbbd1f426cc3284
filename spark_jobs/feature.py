"""Runs a compiled feature plan over every row. Tasks read and write Arrow themselves where they can: rows do not pass the JVM."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial

from mlp_core.artifacts import Attempt, FileEntry
from mlp_core.specs.jobs import FeatureJob, File
from spark_jobs.feature_frame import needs_spark, write_features
from spark_jobs.feature_task import Split, compiled, output_schema, run_task
from spark_jobs.outputs import publish
from spark_jobs.parquet_rows import row_groups
from spark_jobs.runtime import context, main

_SPLIT_BYTES = 128 << 20
_SMALL_BYTES = 4 << 20
"""What opening a file costs, in bytes that could be read meanwhile (as Spark's own openCostInBytes)."""


def run(job: FeatureJob) -> None:
    """Compute and publish every partition."""
    schema = output_schema(compiled(job.plan), job.input, job.keep)
    reason = needs_spark(job.input)
    if reason is None:
        parts = _write_features(job)
    else:
        print(f"rows go through Spark's own reader: {reason}", file=sys.stderr)
        parts = write_features(job, schema)

    def describe(attempt: Attempt) -> None:
        attempt.plan = job.plan

    publish(job.attempts, parts, schema, describe)


def _write_features(job: FeatureJob) -> dict[str, list[FileEntry]]:
    """Compute and write every partition, rows read by the tasks; the parts by partition. Nothing is published."""
    spark = context()
    splits = [split for partition in job.input.partitions for split in _splits(partition.name, partition.files)]
    tasks = pack(splits, spark.defaultParallelism)
    parts: dict[str, list[FileEntry]] = {partition: [] for partition in job.attempts}
    if tasks:
        work = job.to_json()
        for written in spark.parallelize(tasks, len(tasks)).mapPartitions(partial(run_task, work)).collect():
            parts[written.partition].append(written.entry)
    return parts


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
        groups = row_groups(file.uri)
        step = max(1, groups * _SPLIT_BYTES // file.bytes)
        for first in range(0, groups, step):
            last = min(first + step, groups)
            yield Split(partition, file.uri, cost * (last - first) // groups, first, last)


if __name__ == "__main__":
    sys.exit(main(FeatureJob, run))
