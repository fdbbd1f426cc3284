"""A few rows of a data set, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlp_train.data.files import BATCH_ROWS, open_parquet
from mlp_train.data.sources import Source, files_of
from mlp_train.errors import TrainError


def sample(source: Source, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
    """Up to `rows` rows with all their columns (or some), spread evenly over the first row group that has any."""
    for uri in files_of(source.parts):
        file = open_parquet(uri, "train")
        try:
            for number in range(file.num_row_groups):
                if file.metadata.row_group(number).num_rows:
                    return _spread(file, number, rows, columns)
        finally:
            file.close(force=True)
    raise TrainError("the training set has no rows; check the window and the filters of the steps before")


def _spread(file: pq.ParquetFile, number: int, rows: int, columns: Sequence[str] | None) -> pa.Table:
    total = file.metadata.row_group(number).num_rows
    places = np.unique(np.linspace(0, total - 1, min(rows, total)).astype(np.int64))
    names = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
    taken, first = [], 0
    for batch in file.iter_batches(BATCH_ROWS, [number], names, use_threads=False):
        here = places[(places >= first) & (places < first + batch.num_rows)] - first
        taken.append(batch.take(pa.array(here)))
        first += batch.num_rows
    return pa.Table.from_batches(taken)
