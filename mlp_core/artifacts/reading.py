"""Reading artifacts: the manifest is all that is trusted."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlp_core.artifacts import storage
from mlp_core.artifacts.digest import RowHash, hash_rows, schema_names, table_digest
from mlp_core.artifacts.errors import ArtifactError
from mlp_core.artifacts.manifest import MANIFEST, Entry, Kind, Manifest, entries_digest, files_digest

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 1 << 20


class Artifact:
    """A published, unchanging output of a step."""

    def __init__(self, uri: str, manifest: Manifest) -> None:
        self.uri = uri
        self.manifest = manifest

    def __repr__(self) -> str:
        return f"Artifact({self.uri!r})"

    @classmethod
    def load(cls, uri: str) -> Artifact:
        """The artifact at `uri`. Raises ArtifactError if nothing was published there."""
        uri = storage.normalise(uri)
        manifest = read_manifest(uri)
        if manifest is None:
            raise ArtifactError(
                f"there is no published artifact at {uri}: it has no {MANIFEST} (was its writer killed, or the path mistyped?)"
            )
        return cls(uri, manifest)

    @property
    def id(self) -> str:
        """What the artifact is: equal for every attempt at the same result."""
        return self.manifest.id

    @property
    def kind(self) -> Kind:
        """table, reference, model, report or deployment."""
        return self.manifest.kind

    @property
    def digest(self) -> str:
        """The content digest, which identities of later steps hold."""
        return self.manifest.digest

    @property
    def rows(self) -> int:
        """Rows of a table, or of all partitions of a reference as far as they are known."""
        return self.manifest.rows

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The partitions that a reference lists, oldest first; empty for other kinds."""
        return self.manifest.entries

    @cached_property
    def files(self) -> list[str]:
        """URIs of the data files in reading order: the table's own, or those of every partition of a reference."""
        if self.kind != "reference":
            return [storage.join(self.uri, file.path) for file in self.manifest.files]
        return [uri for entry in self.entries for uri in entry_files(entry)]

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the rows (a reference's is that of its first partition that has one)."""
        if self.manifest.arrow_schema is not None:
            import pyarrow as pa

            return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(self.manifest.arrow_schema)))
        for entry in self.entries:
            if not entry.files:
                return Artifact.load(entry.uri).schema
        if not self.files:
            raise ArtifactError(f"the {self.kind} {self.uri} holds no table, so it has no schema")
        import pyarrow.parquet as pq

        with self._open(self.files[0]) as source:
            return pq.read_schema(source)

    def batches(self, columns: Sequence[str] | None = None, batch_size: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows in file order, `batch_size` at most at a time; memory holds one row group. `columns`: only these."""
        import pyarrow.parquet as pq

        for uri in self.files:
            if not uri.endswith(".parquet"):
                continue
            with self._open(uri) as source, pq.ParquetFile(source) as file:
                yield from file.iter_batches(batch_size=batch_size, columns=list(columns) if columns is not None else None)

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows as one Arrow table."""
        import pyarrow as pa

        schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns])
        return pa.Table.from_batches((batch.cast(schema) for batch in self.batches(columns)), schema)

    def head(self, n: int = 20) -> pa.Table:
        """The first `n` rows."""
        import pyarrow as pa

        taken: list[pa.RecordBatch] = []
        missing = n
        for batch in self.batches(batch_size=max(n, 1)):
            taken.append(batch.slice(0, missing).cast(self.schema))
            missing -= taken[-1].num_rows
            if missing <= 0:
                break
        return pa.Table.from_batches(taken, self.schema)

    def read_bytes(self, name: str) -> bytes:
        """The content of the file `name`. Raises ArtifactError if the manifest does not list it."""
        if all(file.path != name for file in self.manifest.files):
            raise ArtifactError(f"the {self.kind} {self.uri} has no file {name!r}; it has {[f.path for f in self.manifest.files]}")
        return storage.read_bytes(storage.join(self.uri, name))

    def read_json(self, name: str) -> Any:
        """The content of the JSON file `name`."""
        return msgspec.json.decode(self.read_bytes(name))

    def local(self) -> Path:
        """The artifact's folder on this machine; one that lies elsewhere is copied to this machine's cache, once."""
        path = storage.local_path(self.uri)
        if path is not None:
            return path
        from mlp_core.artifacts.caching import local_copy

        return local_copy(self)

    def verify(self) -> None:
        """Read everything again. Raises ArtifactError that names the first file or partition that is not as published."""
        if self.kind == "reference":
            for entry in self.entries:
                if _digest_now(entry) != entry.digest:
                    raise ArtifactError(
                        f"the partition {entry.partition} of {self.uri} has changed since: {entry.uri} holds other data now"
                    )
            expected = entries_digest(self.entries)
        else:
            for file in self.manifest.files:
                found = _checksum(storage.join(self.uri, file.path))
                if found != file.sha256:
                    raise ArtifactError(
                        f"the file {file.path} of {self.uri} is damaged: its SHA-256 is {found[:12]}…, published {file.sha256[:12]}…"
                    )
            expected = self._content_digest()
        if expected != self.digest:
            raise ArtifactError(f"the content of {self.uri} has the digest {expected[:12]}…, published {self.digest[:12]}…")

    def _content_digest(self) -> str:
        if self.kind != "table":
            return files_digest({file.path: file.sha256 for file in self.manifest.files})
        rows = sum((hash_rows(batch) for batch in self.batches()), RowHash())
        return table_digest(schema_names(self.schema), rows, self.manifest.plan)

    @staticmethod
    def _open(uri: str) -> Any:
        fs, path = storage.filesystem(uri)
        return fs.open(path, "rb")


def read_manifest(uri: str) -> Manifest | None:
    """The manifest in the folder `uri`; None where there is none, or only the beginning of one."""
    try:
        return msgspec.json.decode(storage.read_bytes(storage.join(uri, MANIFEST)), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def entry_files(entry: Entry) -> list[str]:
    """URIs of the data files of one partition of a reference, in reading order."""
    if entry.files:
        return [file.uri for file in entry.files]
    return Artifact.load(entry.uri).files


def _digest_now(entry: Entry) -> str | None:
    """The content digest of what one partition of a reference names today, an artifact read again; None for a folder without data."""
    if entry.files:
        from mlp_core.artifacts.folders import folder_entry

        found = folder_entry(entry.partition, entry.uri)
        return None if found is None else found.digest
    artifact = Artifact.load(entry.uri)
    artifact.verify()
    return artifact.digest


def _checksum(uri: str) -> str:
    fs, path = storage.filesystem(uri)
    sha256 = hashlib.sha256()
    try:
        with fs.open(path, "rb") as source:
            while chunk := source.read(_CHUNK):
                sha256.update(chunk)
    except FileNotFoundError:
        raise ArtifactError(f"the file {uri} is gone, though a manifest lists it") from None
    return sha256.hexdigest()
