"""What each Spark job is told: its `job.json`, typed. Attempts are folders that the operator has begun and the job publishes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from mlp_core.specs.decoding import decode
from mlp_core.specs.errors import SpecError

if TYPE_CHECKING:
    import pyarrow as pa

Name = Annotated[str, Meta(min_length=1)]
Rate = Annotated[float, Meta(ge=0, le=1)]
Attempts = Annotated[dict[str, Name], Meta(min_length=1)]
Job = TypeVar("Job", bound="SparkJob")
# A table without partitions is one entry of a reference, named table=NAME; that adds no column.
_WHOLE = "table"


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Parquet file and its size in bytes."""

    uri: Name
    bytes: int


class Partition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Files that share a partition (`dt=2000-11-20`, or `table=NAME` where there is none); schema: index into the table's schemas."""

    name: str
    files: tuple[File, ...]
    schema: int = 0

    @property
    def column(self) -> str:
        """The partition's column: `dt`, "" where there is none."""
        column = self.name.partition("=")[0]
        return "" if column == _WHOLE else column

    @property
    def value(self) -> str:
        """The partition's value: `2000-11-20`."""
        return self.name.partition("=")[2]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rows to read.

    format: what Spark calls the files' format where they are no Parquet ("orc"); relation: a view or table of Spark's catalog whose rows
    are read instead of files.
    schemas: Arrow schemas of the files (see `pack_schema`), without the partition column; newest: index of the one that the newest
    partition of the whole source has, whichever partitions are listed here: columns that a job takes over have its types.
    """

    name: Name
    partitions: Annotated[tuple[Partition, ...], Meta(min_length=1)]
    schemas: Annotated[tuple[str, ...], Meta(min_length=1)]
    newest: int = -1
    format: Name = "parquet"
    relation: Name | None = None

    @property
    def newest_schema(self) -> pa.Schema:
        """The schema of the source's newest partition."""
        return unpack_schema(self.schemas[self.newest])

    @property
    def column(self) -> str:
        """The partition column, "" where the table has none."""
        return self.partitions[0].column


class SparkJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all jobs are told. attempts: URIs of the attempts to publish, by partition."""

    attempts: Attempts

    @classmethod
    def from_json(cls: type[Job], text: bytes | str) -> Job:
        """Read what `to_json` has written; SpecError names the field that is wrong."""
        return decode(text, cls, f"the specification of the {cls.__name__}")

    def to_json(self) -> bytes:
        """The specification as one JSON object."""
        return msgspec.json.encode(self)


class XqlJob(SparkJob, frozen=True, kw_only=True):
    """SQL over tables t1…tn.

    mode: "together" runs it once over all partitions of t1, its rows carrying their partition; "each" once for every partition of t1, with
    t1 restricted to it; "whole" once over whole tables, for one attempt.
    """

    sql: Name
    mode: Literal["together", "each", "whole"]
    inputs: Annotated[tuple[Table, ...], Meta(min_length=1)]


class Trait(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of profiles. on: its key columns; columns: from its names to the names in the result."""

    table: Table
    on: Annotated[tuple[Name, ...], Meta(min_length=1)]
    columns: dict[str, Name]


class TraitJoinJob(SparkJob, frozen=True, kw_only=True):
    """Every row of the input with the columns of the profiles that its keys name."""

    input: Table
    traits: Annotated[tuple[Trait, ...], Meta(min_length=1)]


class FeatureJob(SparkJob, frozen=True, kw_only=True):
    """A compiled feature plan over every row. plan: `feature_dsl.Plan.to_json()`; keep: input columns that stay."""

    input: Table
    plan: Name
    keep: tuple[Name, ...] = ()


class SampleJob(SparkJob, frozen=True, kw_only=True):
    """Rows drawn by a hash, in a seeded order.

    rates: by partition, the share of the rows to keep for a value of the label (as text); others are kept; key: columns whose hash
    decides, all where there are none; plan: of the features in the rows, where there are some.
    """

    input: Table
    seed: Annotated[int, Meta(ge=0, le=2**62)]
    rates: dict[str, dict[str, Rate]] = {}
    label: Name | None = None
    key: tuple[Name, ...] = ()
    plan: str | None = None


class StatisticsJob(SparkJob, frozen=True, kw_only=True):
    """Measures of the columns of a table, as a report. label: a column of 0 and 1 whose share by partition is wanted."""

    input: Table
    label: Name | None = None


def pack_schema(schema: pa.Schema) -> str:
    """An Arrow schema as text: base64 of its IPC message."""
    return base64.b64encode(schema.serialize()).decode()


def unpack_schema(text: str) -> pa.Schema:
    """What `pack_schema` has packed."""
    import pyarrow as pa

    try:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))
    except (ValueError, pa.ArrowException) as error:
        raise SpecError(f"the schema of a table cannot be read: {error}") from error
