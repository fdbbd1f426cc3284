"""Reading tables in Spark from lists of files, with the partition column that the files do not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from mlp_core.artifacts.storage import spark_uri
from mlp_core.specs.jobs import Partition, Table, unpack_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

PARTITION = "__mlp_partition"
"""The column that carries a row's partition (`dt=2000-11-20`) to the writer; no table may have a column of this name."""


# Signs by which Hadoop would take a file's name for a pattern.
_GLOB = re.compile(r"([\\{}\[\]*?])")


@dataclass(frozen=True)
class Rows:
    """Partitions whose files have one schema. frame: its columns, the partition column if there is one, then PARTITION."""

    frame: DataFrame
    schema: pa.Schema
    partitions: tuple[Partition, ...]


def read(spark: SparkSession, table: Table) -> Iterator[Rows]:
    """The rows of `table`, one frame for each schema that its partitions have."""
    for index, packed in enumerate(table.schemas):
        partitions = tuple(partition for partition in table.partitions if partition.schema == index)
        if partitions:
            schema = unpack_schema(packed)
            make = _files if table.relation is None else _relation
            yield Rows(make(spark, table, partitions, schema), schema, partitions)


def whole(spark: SparkSession, table: Table) -> DataFrame:
    """All rows of `table` as one frame, without PARTITION; columns that some partitions lack are null there."""
    frames = [rows.frame.drop(PARTITION) for rows in read(spark, table)]
    return reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), frames)


def _relation(spark: SparkSession, table: Table, partitions: Sequence[Partition], schema: pa.Schema) -> DataFrame:
    from pyspark.sql import functions as F

    assert table.relation is not None
    frame, column = spark.table(table.relation), table.column
    if column:
        value = F.col(quoted(column)).cast("string")
        frame = frame.withColumn(column, value).withColumn(PARTITION, F.concat(F.lit(f"{column}="), value))
        frame = frame.where(F.col(PARTITION).isin([partition.name for partition in partitions]))
    else:
        frame = frame.withColumn(PARTITION, F.lit(partitions[0].name))
    return frame.select(*[quoted(name) for name in schema.names], *([quoted(column)] if column else []), PARTITION)


def _files(spark: SparkSession, table: Table, partitions: Sequence[Partition], schema: pa.Schema) -> DataFrame:
    from pyspark.sql import functions as F
    from pyspark.sql.pandas.types import from_arrow_schema

    column = table.column
    files = [_GLOB.sub(r"\\\1", spark_uri(file.uri)) for partition in partitions for file in partition.files]
    wanted = from_arrow_schema(plain_schema(schema))
    frame = spark.createDataFrame([], wanted) if not files else spark.read.schema(wanted).format(table.format).load(files)
    if len(partitions) == 1 or not files:
        frame = frame.withColumn(PARTITION, F.lit(partitions[0].name))
    else:
        # A file's partition comes by a broadcast join: one scan packs small files of many partitions into few tasks.
        frame = frame.withColumn("__file", F.col("_metadata.file_path"))
        frame = frame.join(F.broadcast(_places(spark, partitions)), "__file", "left").drop("__file")
    if column:
        value = F.substring(F.col(PARTITION), len(column) + 2, 1 << 20)
        frame = frame.withColumn(column, value)
    return frame.select(*[quoted(name) for name in schema.names], *([quoted(column)] if column else []), PARTITION)


def _places(spark: SparkSession, partitions: Sequence[Partition]) -> DataFrame:
    """Which partition a file belongs to, files spelled as `_metadata.file_path` spells them."""
    java_path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path
    pairs = [
        f"({_literal(spelling)}, {_literal(partition.name)})"
        for partition in partitions
        for file in partition.files
        for spelling in _spellings(java_path(spark_uri(file.uri)).toUri().toString())
    ]
    return spark.sql(f"SELECT * FROM VALUES {', '.join(pairs)} AS places(__file, {PARTITION})")


def _spellings(uri: str) -> Iterator[str]:
    """How the metadata column may spell a file: Hadoop's file systems write file:/a or file:///a."""
    yield uri
    if uri.startswith("file:///"):
        yield "file:/" + uri.removeprefix("file:///")


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quoted(name: str) -> str:
    """A column's name as Spark reads it without finding dots or other signs in it."""
    return "`" + name.replace("`", "``") + "`"


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """`schema` in the types that Spark reads Parquet into: no encodings, no unsigned integers, no field metadata."""
    import pyarrow as pa

    return pa.schema([pa.field(field.name, plain_type(field.type), field.nullable) for field in schema])


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The Arrow type that Spark's type for `kind` has: wider for unsigned integers, values for dictionaries."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(plain_type(kind.value_type))
    if types.is_struct(kind):
        return pa.struct([pa.field(f.name, plain_type(f.type)) for f in (kind.field(i) for i in range(kind.num_fields))])
    if types.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    wider = {
        pa.uint8(): pa.int16(),
        pa.uint16(): pa.int32(),
        pa.uint32(): pa.int64(),
        pa.uint64(): pa.decimal128(20, 0),
        pa.large_string(): pa.string(),
        pa.string_view(): pa.string(),
        pa.large_binary(): pa.binary(),
        pa.null(): pa.string(),
    }
    return wider.get(kind, kind)
