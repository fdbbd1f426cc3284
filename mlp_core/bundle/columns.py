"""Feature columns as NumPy arrays: the same reading of Arrow for training, serving and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import Feature

if TYPE_CHECKING:
    import pyarrow as pa

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class IdColumn:
    """One id per row, (n,) int64; a missing one is 0."""

    ids: Ids


@dataclass(frozen=True)
class ListColumn:
    """Any number of ids per row: row i has `ids[offsets[i]:offsets[i + 1]]`. A missing list is empty.

    offsets: (n + 1,) int64, the first 0.
    """

    ids: Ids
    offsets: Ids


@dataclass(frozen=True)
class DenseColumn:
    """One number per row, (n,) float32; a missing one (null, or not finite) is 0."""

    values: npt.NDArray[np.float32]


FeatureColumn = IdColumn | ListColumn | DenseColumn


def read_columns(batch: pa.RecordBatch | pa.Table, features: Iterable[Feature]) -> dict[str, FeatureColumn]:
    """The columns of `features` in `batch`. BundleError names a column that is missing or of another type."""
    names = set(batch.schema.names)
    columns: dict[str, FeatureColumn] = {}
    for feature in features:
        if feature.name not in names:
            raise BundleError(f"feature column {feature.name!r} is missing; the batch has {', '.join(batch.schema.names)}")
        columns[feature.name] = read_column(batch.column(feature.name), feature)
    return columns


def read_column(column: pa.Array | pa.ChunkedArray, feature: Feature) -> FeatureColumn:
    """One Arrow column as arrays; BundleError when its type is not the feature's."""
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    kind = array.type
    if feature.is_dense and (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return DenseColumn(_floats(array))
    if feature.is_list and _is_list(kind) and pa.types.is_integer(kind.value_type):
        return _list(array)
    if feature.type == "int64" and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return IdColumn(_integers(array))
    raise BundleError(f"feature column {feature.name!r} has type {kind}, expected {feature.type}; compute it with the bundle's own plan")


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _floats(array: pa.Array) -> npt.NDArray[np.float32]:
    import pyarrow as pa

    if array.type not in (pa.float32(), pa.float64()):
        array = array.cast(pa.float64(), safe=False)
    if array.null_count:
        array = array.fill_null(0.0)
    with np.errstate(over="ignore"):
        values = array.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.float32(0.0))


def _integers(array: pa.Array) -> Ids:
    import pyarrow as pa

    if array.type == pa.uint64():
        # Beyond 2^63 an id wraps to a negative number, which is outside every table, as it should be.
        unsigned = array.fill_null(0).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(unsigned).view(np.int64)
    if array.type != pa.int64():
        array = array.cast(pa.int64())
    if array.null_count:
        array = array.fill_null(0)
    return np.ascontiguousarray(array.to_numpy(zero_copy_only=False))


def _list(array: pa.Array) -> ListColumn:
    import pyarrow as pa

    if pa.types.is_fixed_size_list(array.type):
        array = array.cast(pa.list_(array.type.value_type))
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    offsets = np.zeros(len(array) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    # flatten() leaves out what nulls may hide and respects slices.
    return ListColumn(_integers(array.flatten()), offsets)
