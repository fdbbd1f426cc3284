"""SQL over tables t1…tn, partition by partition or over whole tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mlp_core.specs.jobs import Partition, Table, XqlJob
from spark_jobs.inputs import PARTITION, read, whole
from spark_jobs.outputs import arrow_schema, publish, write
from spark_jobs.runtime import JobError, main, session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_AT_ONCE = 4


def run(job: XqlJob) -> None:
    """Run the SQL as the job's mode says and publish its result for every attempt."""
    _MODES[job.mode](session(), job)


def _together(spark: SparkSession, job: XqlJob) -> None:
    """Once over all partitions. The SQL selects PARTITION; partitions with other columns are another round."""
    for rows in read(spark, job.inputs[0]):
        rows.frame.createOrReplaceTempView(job.inputs[0].name)
        wanted = {partition.name: job.attempts[partition.name] for partition in rows.partitions}
        _store(_checked(spark.sql(job.sql)), wanted, job.inputs[0].column)


def _each(spark: SparkSession, job: XqlJob) -> None:
    """Once for every partition of t1, each in a session of its own for the name t1, a few at a time."""
    first, others = job.inputs[0], job.inputs[1:]

    def one(partition: Partition) -> None:
        own = spark.newSession()
        for table in others:
            whole(own, table).createOrReplaceTempView(table.name)
        only = Table(name=first.name, partitions=(partition,), schemas=first.schemas)
        whole(own, only).createOrReplaceTempView(first.name)
        _store(_marked(_checked(own.sql(job.sql)), partition.name), {partition.name: job.attempts[partition.name]}, first.column)

    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        for done in [pool.submit(one, partition) for partition in first.partitions]:
            done.result()


def _whole(spark: SparkSession, job: XqlJob) -> None:
    """Once over whole tables, for the one attempt."""
    for table in job.inputs:
        whole(spark, table).createOrReplaceTempView(table.name)
    (partition,) = job.attempts
    column, frame = partition.partition("=")[0], _checked(spark.sql(job.sql))
    if column in frame.columns:
        raise JobError(f"the SQL gives a column {column!r}, but that name is the result's own partition: write {column} AS another_name")
    _store(_marked(frame, partition), job.attempts, column)


def _store(frame: DataFrame, attempts: Mapping[str, str], column: str) -> None:
    """Write and publish `frame`; the partition column is not stored, readers add it."""
    stored = frame.drop(column)
    schema = arrow_schema(stored.drop(PARTITION).schema)
    publish(attempts, write(stored, attempts, schema), schema)


def _marked(frame: DataFrame, partition: str) -> DataFrame:
    from pyspark.sql import functions as F

    return frame.withColumn(PARTITION, F.lit(partition))


def _checked(frame: DataFrame) -> DataFrame:
    names = [name.lower() for name in frame.columns]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise JobError(f"the SQL gives the column {double[0]!r} more than once: give each a name of its own with AS")
    return frame


_MODES: dict[str, Callable[[SparkSession, XqlJob], None]] = {"together": _together, "each": _each, "whole": _whole}

if __name__ == "__main__":
    sys.exit(main(XqlJob, run))
