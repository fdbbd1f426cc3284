"""Writing one Parquet file of a table, anywhere, and knowing its checksum and row hash when it is closed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlp_core.artifacts import storage
from mlp_core.artifacts.digest import RowHash, hash_rows
from mlp_core.artifacts.encoding import parquet_options
from mlp_core.artifacts.manifest import FileEntry

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_ROWS = 131_072


class HashingSink:
    """A file open for writing that knows the SHA-256 and size of what went through it."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self._sha256 = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write and hash `data`; returns its size in bytes."""
        view = memoryview(data)
        self._sink.write(view)
        self._sha256.update(view)
        self.size += view.nbytes
        return view.nbytes

    def flush(self) -> None:
        """Pass what is buffered on."""
        self._sink.flush()

    def tell(self) -> int:
        """The position: files are only appended to."""
        return self.size

    def close(self) -> None:
        """Close the file below, once."""
        if not self.closed:
            self.closed = True
            self._sink.close()

    @property
    def sha256(self) -> str:
        """Checksum of all that was written, hexadecimal."""
        return self._sha256.hexdigest()

    def entry(self, name: str) -> FileEntry:
        """What a manifest says of the file, which has this name there."""
        return FileEntry(path=name, bytes=self.size, sha256=self.sha256)

    def readable(self) -> bool:
        """A sink is never read."""
        return False

    def writable(self) -> bool:
        """A sink is written."""
        return True

    def seekable(self) -> bool:
        """What is hashed cannot be gone back to."""
        return False


@contextmanager
def open_file(attempt_uri: str, name: str) -> Iterator[HashingSink]:
    """The new file `name` of an attempt, open for writing bytes; the attempt must be told of it with `add_files`."""
    fs, path = storage.filesystem(storage.join(attempt_uri, name))
    sink = HashingSink(fs.open(path, "wb"))
    try:
        yield sink
    finally:
        sink.close()


class PartWriter:
    """Writes record batches of one schema as the Parquet file `name` of an attempt; small batches share a row group."""

    def __init__(self, attempt_uri: str, name: str, schema: pa.Schema) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        fs, path = storage.filesystem(storage.join(attempt_uri, name))
        self.name = name
        self._schema = schema
        self._sink = HashingSink(fs.open(path, "wb"))
        self._writer = pq.ParquetWriter(pa.PythonFile(self._sink, mode="w"), schema, **parquet_options(schema))
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._hash = RowHash()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of `batch`."""
        if not batch.num_rows:
            return
        self._hash += hash_rows(batch)
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        if self._pending_rows >= ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> FileEntry:
        """Finish the file and tell what is in it."""
        self._flush()
        self._writer.close()
        self._sink.close()
        return FileEntry(
            path=self.name,
            bytes=self._sink.size,
            sha256=self._sink.sha256,
            rows=self._hash.rows,
            row_hash=str(self._hash),
        )

    def abandon(self) -> None:
        """Let go of the file; no manifest will name it."""
        try:
            self._writer.close()  # else Arrow closes it when it is collected, and finds the file below closed
        finally:
            self._sink.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._pending:
            self._writer.write_table(pa.Table.from_batches(self._pending, self._schema))
            self._pending, self._pending_rows = [], 0


@contextmanager
def open_part(attempt_uri: str, name: str, schema: pa.Schema) -> Iterator[PartWriter]:
    """A PartWriter that is let go of if the block fails. The block calls `close()` for its FileEntry."""
    writer = PartWriter(attempt_uri, name, schema)
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise


def write_part(attempt_uri: str, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> FileEntry:
    """Stream `batches` into the Parquet file `name` of an attempt, in flat memory.

    Any process may call it; only files that the manifest lists count, so a second writer of the same rows does no harm
    if its name is another. Returns the entry for the manifest.
    """
    with open_part(attempt_uri, name, schema) as writer:
        for batch in batches:
            writer.write(batch)
        return writer.close()
