"""The manifest of an artifact: what it holds, where it came from, who made it. Data only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from mlp_core.artifacts.errors import ArtifactError

Kind = Literal["table", "reference", "model", "report", "deployment"]
MANIFEST = "_manifest.json"
ATTEMPT = "_attempt.json"
_STEP = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_PARTITION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_.:-]+")


class Input(msgspec.Struct, frozen=True):
    """An artifact, or data that lies elsewhere, that a step has read: its name there, its URI and content digest."""

    name: str
    uri: str
    digest: str


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """All that a result depends on. Two steps with the same identity make the same artifact.

    operation and version: what computes, the integer raised when its results change; params: those that matter to the
    result, JSON values only; partition: `dt=2000-11-20`; code: digest of a user's code, where there is some.
    """

    operation: str
    version: int
    partition: str
    params: dict[str, Any] = {}
    inputs: tuple[Input, ...] = ()
    code: str | None = None

    @property
    def id(self) -> str:
        """20 hexadecimal digits of a SHA-256 over everything but the inputs' URIs: where data lies is not what it is."""
        inputs = sorted((item.name, item.digest) for item in self.inputs)
        return digest_of([self.operation, self.version, self.params, self.partition, inputs, self.code])[:20]


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """Who made an artifact: an Airflow task instance and its try, or nobody known (a person's own call).

    instance: the try's own unique id, since a run that is deleted and made again repeats all the rest.
    """

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    try_number: int | None = None
    instance: str | None = None

    def same_task_instance(self, other: Maker) -> bool:
        """True if both are tries of one Airflow task instance."""
        mine = (self.dag_id, self.run_id, self.task_id, self.map_index)
        return self.task_id is not None and mine == (other.dag_id, other.run_id, other.task_id, other.map_index)

    def is_try_until(self, other: Maker) -> bool:
        """True if this is the try `other` of its task instance, or an earlier one."""
        return self.same_task_instance(other) and (self.try_number or 0) <= (other.try_number or 0)


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an artifact. row_hash: for tables, the sum of the rows' hashes (see mlp_core.artifacts.digest)."""

    path: str
    bytes: int
    sha256: str
    rows: int = 0
    row_hash: str | None = None


class ExternalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a reference names where it lies. stamp: its modification time or etag."""

    uri: str
    bytes: int
    stamp: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One partition in a reference: an artifact (no files listed), or a folder elsewhere with the files it has."""

    partition: str
    uri: str
    digest: str
    rows: int | None = None
    files: tuple[ExternalFile, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `_manifest.json` says. `schema` lists a table's columns as {name, type}; `arrow_schema` is the same, exact."""

    format: int = 1
    kind: Kind
    step: str
    id: str
    partition: str
    digest: str
    rows: int
    bytes: int
    identity: Identity
    maker: Maker
    created_at: str
    files: tuple[FileEntry, ...] = ()
    entries: tuple[Entry, ...] = ()
    schema: tuple[dict[str, str], ...] = ()
    arrow_schema: str | None = None
    statistics: dict[str, Any] = {}
    plan: str | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What the step has read (lineage)."""
        return self.identity.inputs

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that mattered to the result."""
        return self.identity.params


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What `_attempt.json` says: enough for a job in another process to publish on an operator's behalf."""

    kind: Kind
    step: str
    identity: Identity
    maker: Maker


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def check_names(step: str, partition: str) -> None:
    """Raise ArtifactError unless both may stand as folder names of an artifact."""
    if not _STEP.fullmatch(step):
        raise ArtifactError(f"the step name {step!r} may hold only lower-case letters, digits, '_', '.' and '-'")
    if not _PARTITION.fullmatch(partition):
        raise ArtifactError(f"the partition {partition!r} is not spelled column=value, like dt=2000-11-20")


def files_digest(files: Mapping[str, str]) -> str:
    """The content digest of artifacts that are not tables: over the names and checksums of their files."""
    return digest_of(sorted(files.items()))


def entries_digest(entries: tuple[Entry, ...]) -> str:
    """The content digest of a reference: over the partitions that it lists and what each holds."""
    return digest_of(sorted((entry.partition, entry.digest) for entry in entries))
