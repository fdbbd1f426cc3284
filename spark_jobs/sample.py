"""Draws rows by a hash and puts those of each partition in a seeded order, the same however the work was cut."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlp_core.artifacts import Attempt, FileEntry
from mlp_core.specs.jobs import SampleJob
from spark_jobs.inputs import PARTITION, Rows, quoted, read
from spark_jobs.outputs import publish, write
from spark_jobs.runtime import main, session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column

_ORDER = "__mlp_order"


def run(job: SampleJob) -> None:
    """Sample, sort and publish every partition."""

    def describe(attempt: Attempt) -> None:
        attempt.plan = job.plan

    for rows in read(session(), job.input):
        attempts = {partition.name: job.attempts[partition.name] for partition in rows.partitions}
        publish(attempts, _sample(rows, job, attempts), rows.schema, describe)


def _sample(rows: Rows, job: SampleJob, attempts: dict[str, str]) -> dict[str, list[FileEntry]]:
    from pyspark.sql import functions as F

    names = rows.schema.names
    frame = rows.frame.select(*map(quoted, names), PARTITION)
    if any(job.rates.values()):
        frame = frame.where(_kept(job, names))
    columns = [F.col(quoted(name)) for name in _sortable(rows.schema)]
    # Another seed than the draw's: the order must not tell which rows were likely to be drawn.
    frame = frame.withColumn(_ORDER, F.xxhash64(F.lit(job.seed + 1), *columns))
    frame = frame.orderBy(PARTITION, _ORDER, *columns).drop(_ORDER)
    return write(frame, attempts, rows.schema)


def _kept(job: SampleJob, names: list[str]) -> Column:
    """True for rows to keep: their draw, uniform in [0, 1), is below the rate of their label in their partition."""
    from pyspark.sql import functions as F

    key = job.key or tuple(names)
    bits = F.shiftrightunsigned(F.xxhash64(F.lit(job.seed), *map(F.col, map(quoted, key))), 11)
    draw = bits.cast("double") * F.lit(2.0**-53)
    alike: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for partition, rates in job.rates.items():
        alike.setdefault(tuple(sorted(rates.items())), []).append(partition)
    rate = F.lit(1.0)
    for shares, partitions in alike.items():
        for value, share in shares:
            here = F.col(PARTITION).isin(partitions) & (F.col(quoted(job.label or "")) == F.lit(value))
            rate = F.when(here, share).otherwise(rate)
    return draw < rate


def _sortable(schema: pa.Schema) -> list[str]:
    """Columns that Spark hashes and orders: all but maps."""
    from pyarrow import types

    return [field.name for field in schema if not types.is_map(field.type)]


if __name__ == "__main__":
    sys.exit(main(SampleJob, run))
