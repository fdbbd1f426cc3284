"""Publishing: an attempt is a folder of its own; its manifest, created last and atomically, makes it an artifact."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlp_core.artifacts import storage
from mlp_core.artifacts.digest import RowHash, schema_names, table_digest
from mlp_core.artifacts.errors import ArtifactError
from mlp_core.artifacts.manifest import (
    ATTEMPT,
    MANIFEST,
    AttemptRecord,
    Entry,
    FileEntry,
    Identity,
    Kind,
    Maker,
    Manifest,
    check_names,
    digest_of,
    entries_digest,
    files_digest,
)
from mlp_core.artifacts.parts import HashingSink, open_file, write_part
from mlp_core.artifacts.reading import Artifact

if TYPE_CHECKING:
    import pyarrow as pa

NOBODY = Maker()


class Attempt:
    """A folder that is being filled. Names of files may hold `/`, and begin neither with `_` nor with `.`."""

    def __init__(self, uri: str, record: AttemptRecord) -> None:
        self.uri = storage.normalise(uri)
        self.record = record
        self.statistics: dict[str, Any] = {}
        self.plan: str | None = None
        self._files: dict[str, FileEntry] = {}
        self._entries: tuple[Entry, ...] = ()
        self._schema: pa.Schema | None = None
        self._artifact: Artifact | None = None

    @property
    def artifact(self) -> Artifact:
        """What was published. Raises ArtifactError before that."""
        if self._artifact is None:
            raise ArtifactError(f"the attempt {self.uri} is not published yet")
        return self._artifact

    @contextmanager
    def open(self, name: str) -> Iterator[HashingSink]:
        """The new file `name`, open for writing bytes; it belongs to the artifact when the block ends well."""
        with open_file(self.uri, _checked(name)) as sink:
            yield sink
        self.add_files([sink.entry(name)])

    def write_bytes(self, name: str, data: bytes) -> None:
        """Make the file `name` with `data`."""
        with self.open(name) as sink:
            sink.write(data)

    def write_json(self, name: str, value: Any) -> None:
        """Make the file `name` with `value` as JSON, two spaces deep, keys in their order."""
        self.write_bytes(name, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")

    def add_file(self, source: str | Path, name: str) -> None:
        """Make the file `name` with the content of the local file `source`."""
        with Path(source).open("rb") as content, self.open(name) as sink:
            while chunk := content.read(1 << 20):
                sink.write(chunk)

    def write_table(self, rows: pa.Table | Iterable[pa.RecordBatch], schema: pa.Schema | None = None) -> None:
        """Make a table's next Parquet file of `rows`. `schema` is needed where `rows` are an iterator of batches."""
        import pyarrow as pa

        batches = rows.to_batches() if isinstance(rows, pa.Table) else rows
        known = rows.schema if isinstance(rows, pa.Table) else schema
        if known is None:
            raise ArtifactError("write_table needs a schema to write record batches")
        name = f"part-{len(self._files):05d}.parquet"
        self.add_parts([write_part(self.uri, name, known, batches)], known)

    def add_parts(self, parts: Sequence[FileEntry], schema: pa.Schema) -> None:
        """Take Parquet files that `write_part` has made in this attempt, here or in another process."""
        self._schema = schema
        self.add_files(parts)

    def add_files(self, files: Iterable[FileEntry]) -> None:
        """Take files that were written in this attempt, here or in another process."""
        self._files.update({file.path: file for file in files})

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Set what a reference lists; it is kept in the order of the partitions."""
        self._entries = tuple(sorted(entries, key=lambda entry: entry.partition))

    def publish(self) -> Artifact:
        """Write the manifest. Raises ArtifactError if this attempt is published already, or lacks what its kind needs."""
        manifest = self._manifest()
        try:
            storage.create(storage.join(self.uri, MANIFEST), msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        except FileExistsError:
            raise ArtifactError(f"the artifact {self.uri} is published already and never changes: start a new attempt") from None
        self._artifact = Artifact(self.uri, manifest)
        return self._artifact

    def _manifest(self) -> Manifest:
        record, files = self.record, tuple(self._files[name] for name in sorted(self._files))
        names = schema_names(self._schema) if self._schema is not None else ()
        if record.kind == "table":
            if self._schema is None:
                raise ArtifactError(f"the table {self.uri} cannot be published: no rows and no schema were written")
            parts = [part for part in files if part.row_hash is not None]
            total = sum((RowHash.parse(part.row_hash or "", part.rows) for part in parts), RowHash())
            digest, rows = table_digest(names, total, self.plan), total.rows
        elif record.kind == "reference":
            digest, rows = entries_digest(self._entries), sum(entry.rows or 0 for entry in self._entries)
        else:
            digest, rows = files_digest({file.path: file.sha256 for file in files}), 0
        return Manifest(
            kind=record.kind,
            step=record.step,
            id=record.identity.id,
            partition=record.identity.partition,
            digest=digest,
            rows=rows,
            bytes=sum(file.bytes for file in files),
            identity=record.identity,
            maker=record.maker,
            created_at=dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
            files=files,
            entries=self._entries,
            schema=names,
            arrow_schema=None if self._schema is None else base64.b64encode(self._schema.serialize()).decode(),
            statistics=self.statistics,
            plan=self.plan,
        )


def begin(*, kind: Kind, step: str, root: str, identity: Identity, maker: Maker = NOBODY) -> Attempt:
    """A new, empty attempt below `root`, with a record in it that lets another process `resume` it."""
    check_names(step, identity.partition)
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    uri = storage.join(root, step, identity.partition, identity.id, f"{now}-{secrets.token_hex(4)}")
    record = AttemptRecord(kind=kind, step=step, identity=identity, maker=maker)
    storage.create(storage.join(uri, ATTEMPT), msgspec.json.format(msgspec.json.encode(record), indent=1))
    return Attempt(uri, record)


@contextmanager
def publish(*, kind: Kind, step: str, root: str, identity: Identity, maker: Maker = NOBODY) -> Iterator[Attempt]:
    """An attempt that is published when the block ends well, and left without a manifest when it does not."""
    attempt = begin(kind=kind, step=step, root=root, identity=identity, maker=maker)
    yield attempt
    attempt.publish()


@contextmanager
def resume(uri: str, *, kind: Kind = "model", step: str = "manual") -> Iterator[Attempt]:
    """The attempt that another process has begun at `uri`, published when the block ends well.

    For a new folder, which nobody has begun, a record is made of `kind`, `step` and the folder's own name. Raises
    ArtifactError if `uri` is published already.
    """
    uri = storage.normalise(uri)
    try:
        record = msgspec.json.decode(storage.read_bytes(storage.join(uri, ATTEMPT)), type=AttemptRecord)
    except FileNotFoundError:
        identity = Identity(operation=step, version=1, partition="dt=none", code=digest_of(uri))
        record = AttemptRecord(kind=kind, step=step, identity=identity, maker=NOBODY)
        storage.create(storage.join(uri, ATTEMPT), msgspec.json.encode(record))
    attempt = Attempt(uri, record)
    yield attempt
    attempt.publish()


def _checked(name: str) -> str:
    if name.startswith(("_", ".")):
        raise ArtifactError(f"the file name {name!r} may not begin with '_' or '.': readers skip such files")
    return name
