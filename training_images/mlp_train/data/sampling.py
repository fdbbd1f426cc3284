"""A few rows for a look at the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mlp_train.data.files import open_parquet
from mlp_train.data.sources import Source, files_of
from mlp_train.errors import TrainError


def sample(source: Source, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
    """Up to `rows` rows with all their columns (or some), spread evenly over the first row group that has any."""
    for uri in files_of(source.parts):
        file = open_parquet(uri, "train")
        try:
            for number in range(file.metadata.num_row_groups):
                count = file.metadata.row_group(number).num_rows
                if count:
                    table = file.read_row_group(number, columns=None if columns is None else list(columns))
                    return table.take(pa.array(np.unique(np.linspace(0, count - 1, min(rows, count)).astype(np.int64))))
        finally:
            file.close(force=True)
    raise TrainError("the training set has no rows; check the window and the filters of the steps before")
