"""Joins profile tables: every row gets the columns of the profiles that its keys name, null where there is none."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mlp_core.artifacts import FileEntry
from mlp_core.specs.jobs import Trait, TraitJoinJob
from spark_jobs.inputs import PARTITION, Rows, quoted, read, whole
from spark_jobs.outputs import publish, write
from spark_jobs.runtime import JobError, main, session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


def run(job: TraitJoinJob) -> None:
    """Join and publish every partition. Raises JobError if a profile's key is there twice; nothing is published then."""
    spark = session()
    profiles = [whole(spark, trait.table) for trait in job.traits]
    with ThreadPoolExecutor(1) as pool:
        check = pool.submit(_check_keys, spark, job.traits, profiles)
        done = [_join(rows, job, profiles) for rows in read(spark, job.input)]
        check.result()
    for attempts, parts, schema in done:
        publish(attempts, parts, schema)


def _join(rows: Rows, job: TraitJoinJob, profiles: Sequence[DataFrame]) -> tuple[Mapping[str, str], dict[str, list[FileEntry]], pa.Schema]:
    """Write the joined rows of some partitions."""
    from pyspark.sql import functions as F

    frame = rows.frame
    for number, (trait, profile) in enumerate(zip(job.traits, profiles, strict=True)):
        keys = {key: f"__key_{number}_{place}" for place, key in enumerate(trait.on)}
        columns = [F.col(quoted(key)).alias(alias) for key, alias in keys.items()]
        columns += [F.col(quoted(source)).alias(name) for source, name in trait.columns.items()]
        matches = [F.col(quoted(key)) == F.col(alias) for key, alias in keys.items()]
        frame = frame.join(profile.select(*columns), matches, "left").drop(*keys.values())
    column = job.input.column
    schema = joined_schema(rows.schema, job.traits)
    attempts = {partition.name: job.attempts[partition.name] for partition in rows.partitions}
    selected = frame.select(*[quoted(name) for name in schema.names if name != column], PARTITION)
    return attempts, write(selected, attempts, schema), schema


def joined_schema(schema: pa.Schema, traits: Sequence[Trait]) -> pa.Schema:
    """`schema` with the columns that `traits` add, in their order."""
    for trait in traits:
        profile = trait.table.newest_schema
        for source, name in trait.columns.items():
            schema = schema.append(profile.field(source).with_name(name).with_nullable(True))
    return schema


def _check_keys(spark: SparkSession, traits: Sequence[Trait], profiles: Sequence[DataFrame]) -> None:
    """Raise JobError with an example if some profile has two rows for a key (rows whose key is null never match)."""
    from functools import reduce

    from pyspark.sql import functions as F

    doubles = []
    for trait, profile in zip(traits, profiles, strict=True):
        keys = [F.col(quoted(key)) for key in trait.on]
        filled = profile.select(*keys).dropna()
        double = filled.groupBy(*keys).count().where("count > 1").limit(1)
        example = F.concat_ws(", ", *[F.concat(F.lit(f"{key}="), F.col(quoted(key)).cast("string")) for key in trait.on])
        doubles.append(double.select(F.lit(trait.table.name).alias("profile"), example.alias("example"), F.col("count")))
    for row in reduce(lambda left, right: left.union(right), doubles).limit(1).collect():
        raise JobError(
            f"the profile table {row.profile} has {row['count']} rows for the key {row.example}: "
            "a join would multiply rows, so keep one row for each key"
        )


if __name__ == "__main__":
    sys.exit(main(TraitJoinJob, run))
