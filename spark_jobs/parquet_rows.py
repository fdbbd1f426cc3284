"""Reading row groups of a Parquet file through Arrow inside a task, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from mlp_core.artifacts import storage
from spark_jobs.runtime import JobError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 65_536
_BUFFER_BYTES = 1 << 20
_SMALL_DICTIONARY = 64 << 10
"""A dictionary of fewer bytes has not made the writer give it up, so that all values of the column are in it."""

_USES = 4
"""A dictionary is worth its while where the places are several times its bytes."""


def row_groups(uri: str) -> int:
    """How many row groups the file `uri` has. Raises JobError where it is not a Parquet file."""
    with _opened(uri, ()) as file:
        return int(file.metadata.num_row_groups)


def batches(
    uri: str, columns: Sequence[str], groups: tuple[int, int] | None = None, encoded: Iterable[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The rows of the file `uri`, at most BATCH_ROWS at a time, in the file's order.

    groups: the first row group and the one after the last, None for all; encoded: texts that may come as dictionaries, which they do where
    the file has them as such. Pages are read as they are needed, so memory grows neither with the file nor with its row groups.
    """
    with _opened(uri, encoded, 0 if groups is None else groups[0]) as file:
        first, last = groups or (0, file.metadata.num_row_groups)
        # One group at a time: what is read ahead from far storage is then one group, too.
        for group in range(first, last):
            yield from file.iter_batches(BATCH_ROWS, columns=list(columns), row_groups=[group], use_threads=False)


@contextmanager
def _opened(uri: str, encoded: Iterable[str], group: int = 0) -> Iterator[pq.ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    local = storage.local_path(uri)
    with ExitStack() as stack:
        if local is not None:  # no Python between Arrow and the disk
            source = stack.enter_context(pa.OSFile(str(local)))
        else:
            fs, path = storage.filesystem(uri)
            source = stack.enter_context(fs.open(path, "rb"))
        try:
            metadata = pq.read_metadata(source)
        except pa.ArrowInvalid as error:
            raise JobError(f"{uri} is not a Parquet file: {error}; write it again, or name the format of the table's files") from error
        names = _in_dictionaries(metadata, group, frozenset(encoded))
        options = {"buffer_size": _BUFFER_BYTES} if local is not None else {"pre_buffer": True}
        yield stack.enter_context(pq.ParquetFile(source, metadata=metadata, read_dictionary=names, **options))


def _in_dictionaries(metadata: pq.FileMetaData, group: int, wanted: frozenset[str]) -> list[str]:
    """Which of the text columns `wanted` the row group holds as places in a small dictionary: Arrow then hands that over as it is."""
    if not wanted or group >= metadata.num_row_groups:
        return []
    found = []
    chunks = metadata.row_group(group)
    for place in range(metadata.num_columns):
        chunk = chunks.column(place)
        if chunk.path_in_schema in wanted and chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page:
            size = chunk.data_page_offset - chunk.dictionary_page_offset
            if 0 < size <= min(_SMALL_DICTIONARY, chunk.total_compressed_size // _USES):
                found.append(chunk.path_in_schema)
    return found
