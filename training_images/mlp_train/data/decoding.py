"""From Arrow record batches to the arrays of a Batch, whole rows side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import types

from mlp_core.artifacts.digest import hash_column
from mlp_core.bundle import Feature
from mlp_core.bundle.columns import DenseColumn, FeatureColumn, IdColumn, ListColumn, read_column
from mlp_train.data.batches import Batch, Floats, Ids, Lists
from mlp_train.data.columns import Columns
from mlp_train.errors import TrainError

_NULL_AS = {"int64": pa.int64(), "list<int64>": pa.list_(pa.int64()), "float64": pa.float64()}


class Filling:
    """A Batch of a known number of rows that record batches fill from the top."""

    def __init__(self, columns: Columns, rows: int) -> None:
        self._columns = columns
        self._filled = 0
        self._ids: Ids = np.empty((rows, len(columns.ids)), np.int64)
        self._dense: Floats = np.empty((rows, len(columns.dense)), np.float32)
        self._labels: Floats = np.empty((rows, len(columns.labels)), np.float32)
        self._weights: Floats | None = np.empty(rows, np.float32) if columns.weight is not None else None
        self._groups: Ids | None = np.empty(rows, np.int64) if columns.group is not None else None
        self._values: list[list[Ids]] = [[] for _ in columns.lists]
        self._offsets: list[Ids] = [np.zeros(rows + 1, np.int64) for _ in columns.lists]

    def add(self, batch: pa.RecordBatch, file: str) -> None:
        """Append the rows of `batch`, read from `file`. Raises TrainError for labels and weights that cannot be learned from."""
        columns, rows = self._columns, slice(self._filled, self._filled + batch.num_rows)
        found = [_column(batch.column(feature.name), feature) for feature in columns.features]
        _side_by_side([column.ids for column in found if isinstance(column, IdColumn)], self._ids[rows])
        _side_by_side([column.values for column in found if isinstance(column, DenseColumn)], self._dense[rows])
        _side_by_side([_label(batch, name, columns.field, file) for name in columns.labels], self._labels[rows])
        for place, column in enumerate(column for column in found if isinstance(column, ListColumn)):
            self._values[place].append(column.ids)
            offsets = self._offsets[place]
            offsets[rows.start + 1 : rows.stop + 1] = column.offsets[1:] + offsets[rows.start]
        if self._weights is not None and columns.weight is not None:
            self._weights[rows] = _weight(batch, columns.weight, columns.field, file)
        if self._groups is not None and columns.group is not None:
            self._groups[rows] = _hashes(batch.column(columns.group))
        self._filled = rows.stop

    def done(self) -> Batch:
        """The rows, once all are there; the filling is of no more use then."""
        if self._filled != len(self._labels):
            raise ValueError(f"{self._filled} of {len(self._labels)} rows are there")
        lists = []
        for place, offsets in enumerate(self._offsets):
            values, self._values[place] = self._values[place], []
            lists.append(Lists(np.concatenate([np.zeros(0, np.int64), *values]), offsets))
        return Batch(self._ids, tuple(lists), self._dense, self._labels, self._weights, self._groups)


def to_batch(table: pa.Table, columns: Columns, origin: str) -> Batch:
    """The rows of an Arrow table. Raises TrainError that names the column, and `origin` as where it comes from."""
    filling = Filling(columns, table.num_rows)
    for batch in table.to_batches():
        filling.add(batch, origin)
    return filling.done()


def _column(array: pa.Array, feature: Feature) -> FeatureColumn:
    return read_column(pa.nulls(len(array), _NULL_AS[feature.type]) if types.is_null(array.type) else array, feature)


def _side_by_side(columns: Sequence[npt.NDArray[Any]], rows: npt.NDArray[Any]) -> None:
    if columns:
        np.stack(columns, axis=1, out=rows, casting="same_kind")


def _label(batch: pa.RecordBatch, name: str, field: str, file: str) -> npt.NDArray[np.float64]:
    values = _numbers(batch.column(name), name, field, file, "label")
    bad = values[(values != 0) & (values != 1)]
    if bad.size:
        raise TrainError(
            f"{field}: label column {name!r} holds {bad[0]:g}; labels are 0 or 1: make such a column first"
            f" ({batch.column(name).type} in {file})"
        )
    return values


def _weight(batch: pa.RecordBatch, name: str, field: str, file: str) -> npt.NDArray[np.float64]:
    values = _numbers(batch.column(name), name, field, file, "weight")
    if values.size and values.min() < 0:
        raise TrainError(
            f"{field}: weight column {name!r} holds {values.min():g}; weights are not negative ({batch.column(name).type} in {file})"
        )
    return values


def _numbers(column: pa.Array, name: str, field: str, file: str, what: str) -> npt.NDArray[np.float64]:
    if column.null_count:
        raise TrainError(f"{field}: {what} column {name!r} is null in {column.null_count} rows; drop or fill them first ({file})")
    values: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    if not np.isfinite(values).all():
        raise TrainError(f"{field}: {what} column {name!r} holds NaN or infinity; drop such rows first ({column.type} in {file})")
    return values


def _hashes(column: pa.Array) -> Ids:
    return np.ascontiguousarray(hash_column(column)).view(np.int64)
