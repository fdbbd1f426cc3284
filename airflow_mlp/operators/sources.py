"""What a Spark step reads: artifacts, or Parquet files that lie elsewhere, partition by partition, with their schemas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.step import partitions_of
from mlp_core.artifacts import Artifact, Entry, Input, storage
from mlp_core.artifacts.folders import folder_entry
from mlp_core.artifacts.manifest import entries_digest
from mlp_core.artifacts.reading import read_manifest
from mlp_core.specs.jobs import File, Partition, Table, pack_schema

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Source:
    """Rows that a step reads. name: what the step calls them; entries: by partition, oldest first."""

    name: str
    uri: str
    digest: str
    entries: dict[str, Entry]

    @property
    def input(self) -> Input:
        """The source as an identity records it."""
        return Input(name=self.name, uri=self.uri, digest=self.digest)

    @property
    def column(self) -> str:
        """The partition column that readers add, "" where there is none."""
        return Partition(name=next(iter(self.entries)), files=()).column

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the newest partition that has some, without the partition column."""
        for name in reversed(self.entries):
            schema = self.schema_of(name)
            if schema is not None:
                return schema
        raise BadInput(f"{self.name} names {self.uri}, which holds no Parquet file: look at the step or table that should have filled it")

    @property
    def columns(self) -> list[str]:
        """Names of all columns, the partition column included."""
        return [*self.schema.names, *([self.column] if self.column else [])]

    def input_of(self, partition: str) -> Input:
        """One partition as an identity records it."""
        entry = self.entries[partition]
        return Input(name=self.name, uri=entry.uri, digest=entry.digest)

    def schema_of(self, partition: str) -> pa.Schema | None:
        """The columns of one partition; None where it has no file to tell."""
        return _schema(self.entries[partition], self.column)

    def plan_of(self, partition: str) -> str | None:
        """The feature plan that one partition was computed with, as JSON; None where there is none."""
        entry = self.entries[partition]
        return None if entry.files else _artifact(entry.uri).manifest.plan

    def table(self, partitions: Iterable[str] | None = None) -> Table:
        """The source, or some partitions of it, as a job is told."""
        packed: dict[str, int] = {}
        parts = []
        for name in self.entries if partitions is None else partitions:
            schema = pack_schema(self.schema_of(name) or self.schema)
            parts.append(Partition(name=name, files=_files(self.entries[name]), schema=packed.setdefault(schema, len(packed))))
        newest = packed.setdefault(pack_schema(self.schema), len(packed))
        return Table(name=self.name, partitions=tuple(parts), schemas=tuple(packed), newest=newest)


def source(name: str, value: Any) -> Source:
    """The rows that `value` names: the URI of a table or reference, a folder of Parquet files, or a table of the local warehouse.

    Raises BadInput where it names none of them.
    """
    if not isinstance(value, str) or not value:
        raise BadInput(f"{name} names no data: the task that should have made it left no output; run that task again")
    uri = storage.normalise(value) if "/" in value else _warehouse_table(value)
    if read_manifest(uri) is not None:
        artifact = Artifact.load(uri)
        if artifact.kind not in ("table", "reference"):
            raise BadInput(f"{name} names {uri}, which is a {artifact.kind}: give a table or a reference to tables")
        entries = dict(sorted(partitions_of(artifact).items()))
        if not entries:
            raise BadInput(f"{name} names {uri}, which lists no partitions: look at the step that made it")
        return Source(name, uri, artifact.digest, entries)
    found = [folder_entry(part, storage.join(uri, part)) for part in storage.list_folders(uri) if "=" in part]
    listed = [entry for entry in found or [folder_entry(f"table={uri.rsplit('/', 1)[-1]}", uri)] if entry is not None]
    if not listed:
        raise BadInput(f"{name} names {value!r}, which is neither an artifact nor a table: there are no files in {uri}")
    return Source(name, uri, entries_digest(tuple(listed)), {entry.partition: entry for entry in listed})


def _warehouse_table(name: str) -> str:
    from airflow_mlp.sensors.hive_partition import configured_warehouse

    return storage.join(configured_warehouse(), name)


def _files(entry: Entry) -> tuple[File, ...]:
    if entry.files:
        return tuple(File(file.uri, file.bytes) for file in entry.files)
    artifact = _artifact(entry.uri)
    parts = (file for file in artifact.manifest.files if file.path.endswith(".parquet"))
    return tuple(File(storage.join(artifact.uri, file.path), file.bytes) for file in parts)


def _schema(entry: Entry, column: str) -> pa.Schema | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not entry.files:
        return _artifact(entry.uri).schema.remove_metadata()
    fs, path = storage.filesystem(entry.files[0].uri)
    try:
        with fs.open(path, "rb") as opened:
            schema = pq.read_schema(opened)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{entry.files[0].uri} is not a Parquet file: {error}") from error
    return pa.schema([pa.field(field.name, field.type) for field in schema if field.name != column])


@lru_cache(maxsize=512)
def _artifact(uri: str) -> Artifact:
    """Artifacts never change, so that a manifest is read once."""
    return Artifact.load(uri)
