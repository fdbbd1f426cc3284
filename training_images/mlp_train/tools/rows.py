"""Record batches of what a command line names as data: artifacts, folders of Parquet files, or one such file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from mlp_train.data import Source

FIELD = "--data"
_BATCH_ROWS = 8192


def open_rows(uris: Sequence[str], field: str = FIELD) -> Source:
    """The data behind the URIs that the option `field` gives. Raises TrainError and ArtifactError where there is none."""
    from mlp_train.data import open_sources

    return open_sources(list(uris), field)


def batches(source: Source, columns: Sequence[str] | None = None, field: str = FIELD) -> Iterator[pa.RecordBatch]:
    """All rows in the order of the files, a few thousand at a time; `columns` of them, or all."""
    import pyarrow as pa

    from mlp_train.data import files_of
    from mlp_train.data.files import open_parquet
    from mlp_train.errors import TrainError

    wanted = list(columns) if columns is not None else source.schema.names
    for uri in files_of(source.parts):
        file = open_parquet(uri, field)
        try:
            if missing := [name for name in wanted if name not in file.schema_arrow.names]:
                raise TrainError(f"{field}: {uri} lacks column(s) {', '.join(missing)}; give files of one schema")
            yield from file.iter_batches(_BATCH_ROWS, columns=wanted)
        except pa.ArrowException as error:
            raise TrainError(f"{field}: {uri} cannot be read: {error}") from error
        finally:
            file.close(force=True)
