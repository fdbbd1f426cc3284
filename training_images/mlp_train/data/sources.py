"""What a URI in `train` or `validation` stands for: partitions, their files, their schema and plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from mlp_core.artifacts import Artifact, ArtifactError, entry_files, storage
from mlp_core.artifacts.manifest import MANIFEST
from mlp_core.bundle import DataWindow
from mlp_train.errors import TrainError

_DAY = re.compile(r"dt=(\d{4}-\d{2}-\d{2})(?:/|$)")


@dataclass(frozen=True)
class Part:
    """The Parquet files of one partition. day: `2000-11-20`, None where the data names none."""

    day: str | None
    files: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """The partitions behind some URIs, the schema of the first with its field metadata, and the feature plan's JSON if there is one."""

    parts: tuple[Part, ...]
    schema: pa.Schema
    plan: str | None = None

    @property
    def window(self) -> DataWindow:
        """The first and last day."""
        days = sorted(part.day for part in self.parts if part.day is not None)
        return DataWindow(start=days[0], end=days[-1]) if days else DataWindow()

    def after(self, day: str | None) -> Source:
        """Only partitions later than `day`, and those that name none; everything for None."""
        if day is None:
            return self
        kept = tuple(part for part in self.parts if part.day is None or part.day > day)
        return Source(kept, self.schema, self.plan)


def open_sources(uris: Sequence[str], field: str) -> Source:
    """The data behind the URIs of the specification's `field`: tables, references, folders of Parquet files or one file.

    Raises TrainError when there is nothing, or when the feature plans differ.
    """
    sources = [_open(uri, field) for uri in uris]
    if not sources:
        raise TrainError(f"{field} names no data")
    plans = {source.plan for source in sources}
    if len(plans) > 1:
        raise TrainError(f"{field} holds tables of different feature plans; compute all of them with one feature file")
    return Source(tuple(part for source in sources for part in source.parts), sources[0].schema, sources[0].plan)


def _open(uri: str, field: str) -> Source:
    if storage.filesystem(storage.join(uri, MANIFEST))[0].exists(storage.filesystem(storage.join(uri, MANIFEST))[1]):
        return _open_artifact(Artifact.load(uri), field)
    fs, path = storage.filesystem(uri)
    if uri.endswith(".parquet") and fs.isfile(path):
        file = storage.normalise(uri)
        return Source((Part(day_of(file), (file,)),), _schema(file))
    names = [name for name in storage.list_files(uri) if _is_data(name)]
    if not names:
        raise TrainError(f"{field}: {uri} is neither a published artifact nor a folder with Parquet files nor one such file; check the URI")
    files = [storage.join(uri, name) for name in names]
    return Source(tuple(Part(day_of(file), (file,)) for file in files), _schema(files[0]))


def _open_artifact(artifact: Artifact, field: str) -> Source:
    if artifact.kind not in ("table", "reference"):
        raise TrainError(f"{field}: {artifact.uri} is a {artifact.kind}; give a table or a reference to tables")
    if artifact.kind == "table":
        files = tuple(file for file in artifact.files if file.endswith(".parquet"))
        return Source((Part(day_of(artifact.manifest.partition), files),), artifact.schema, artifact.manifest.plan)
    if not artifact.entries:
        raise TrainError(f"{field}: the reference {artifact.uri} lists no partition; widen the window")
    parts, plans = [], {artifact.manifest.plan}
    for entry in artifact.entries:
        if entry.files:
            files = tuple(entry_files(entry))
        else:
            table = Artifact.load(entry.uri)
            files, plans = tuple(table.files), plans | {table.manifest.plan}
        parts.append(Part(day_of(entry.partition), tuple(file for file in files if file.endswith(".parquet"))))
    plans.discard(None)
    if len(plans) > 1:
        raise TrainError(f"{field}: the partitions of {artifact.uri} have different feature plans; compute them with one feature file")
    return Source(tuple(parts), artifact.schema, next(iter(plans), None))


def day_of(text: str) -> str | None:
    """The day of the last `dt=…` in a path or partition name."""
    found = _DAY.findall(text)
    return found[-1] if found else None


def _is_data(name: str) -> bool:
    return name.endswith(".parquet") and not any(piece.startswith(("_", ".")) for piece in name.split("/"))


def _schema(uri: str) -> pa.Schema:
    fs, path = storage.filesystem(uri)
    try:
        with fs.open(path, "rb") as file:
            return pq.read_schema(file)
    except pa.ArrowInvalid as error:
        raise ArtifactError(f"{uri} is not a Parquet file: {error}") from error


def files_of(parts: Iterable[Part]) -> list[str]:
    """All files, in order."""
    return [file for part in parts for file in part.files]
