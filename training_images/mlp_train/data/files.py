"""Parquet files on any storage, as streams of record batches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from mlp_core.artifacts import storage
from mlp_train.errors import TrainError

BATCH_ROWS = 65_536
"""Rows decoded together: few enough to stay in the processor's cache, enough that calls cost nothing."""
_OPEN_FILES = 4
_READ_BYTES = 1 << 18


def open_parquet(uri: str, field: str) -> pq.ParquetFile:
    """The Parquet file `uri`, which the specification's `field` names; close it with `close(force=True)`.

    Raises TrainError for what is none. A local file is read bit by bit and not memory-mapped: that is as fast, and mapped pages
    would count as memory of this process.
    """
    path = storage.local_path(uri)
    try:
        if path is not None:
            return pq.ParquetFile(pa.OSFile(str(path)), buffer_size=_READ_BYTES)
        fs, place = storage.filesystem(uri)
        return pq.ParquetFile(fs.open(place, "rb"), pre_buffer=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(uri, field, error) from error


class _Stream:
    """A row group that is read bit by bit. place: its file, its number, and the row that comes next."""

    def __init__(self, batches: Iterator[pa.RecordBatch], place: tuple[str, int, int]) -> None:
        self.place = place
        self._batches = batches
        self._rest: pa.RecordBatch | None = None

    def skip(self, rows: int) -> None:
        """Pass over the next `rows` rows."""
        for _ in self.take(rows):
            pass

    def take(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The next `rows` rows. Raises ArrowInvalid where there are not so many."""
        while rows:
            batch = self._rest if self._rest is not None else next(self._batches, None)
            if batch is None:
                raise pa.ArrowInvalid("a row group has fewer rows than it had before")
            found, self._rest = (batch, None) if batch.num_rows <= rows else (batch.slice(0, rows), batch.slice(rows))
            rows -= found.num_rows
            uri, group, first = self.place
            self.place = (uri, group, first + found.num_rows)
            yield found


class Files:
    """Files that stay open while their row groups are read in any order, the least recently used ones closed.

    For use by one thread at a time. threads: that decode; with more than one, Arrow's own pool is set to so many.
    """

    def __init__(self, columns: Sequence[str], field: str, threads: int = 1) -> None:
        self._columns = list(columns)
        self._field = field
        self._open: OrderedDict[str, pq.ParquetFile] = OrderedDict()
        self._last: _Stream | None = None
        self._threaded = threads > 1
        if self._threaded:
            pa.set_cpu_count(threads)

    def read(self, uri: str, group: int, first: int, rows: int) -> Iterator[pa.RecordBatch]:
        """Rows `first` to `first + rows` of a row group, in order.

        Parquet cannot be entered midway, so rows before are decoded too, unless the rows read last were the ones before.
        """
        last = self._last
        self._last = None
        try:
            if last is None or last.place != (uri, group, first):
                last = _Stream(self._batches(uri, group), (uri, group, 0))
                last.skip(first)
            yield from last.take(rows)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(uri, self._field, error) from error
        self._last = last

    def close(self) -> None:
        """Close all."""
        self._last = None
        while self._open:
            self._open.popitem()[1].close(force=True)

    def _batches(self, uri: str, group: int) -> Iterator[pa.RecordBatch]:
        batches: Iterator[pa.RecordBatch] = self._file(uri).iter_batches(BATCH_ROWS, [group], self._columns, use_threads=self._threaded)
        return batches

    def _file(self, uri: str) -> pq.ParquetFile:
        if uri in self._open:
            self._open.move_to_end(uri)
            return self._open[uri]
        if len(self._open) >= _OPEN_FILES:
            self._open.popitem(last=False)[1].close(force=True)
        self._open[uri] = open_parquet(uri, self._field)
        return self._open[uri]


def _unreadable(uri: str, field: str, error: BaseException) -> TrainError:
    return TrainError(f"{field}: {uri} cannot be read as Parquet ({error}); write it again, or leave it out")
