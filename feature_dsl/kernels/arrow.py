"""Arrow arrays to kernel columns and back. Buffers are shared where their layout allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from feature_dsl.errors import FeatureError
from feature_dsl.kernels.columns import (
    BoolArray,
    Bools,
    ByteArray,
    Column,
    Floats,
    IntArray,
    Ints,
    Lists,
    Scalars,
    Texts,
    slices,
)
from feature_dsl.types import Type, from_arrow

_NO_BYTES: ByteArray = np.zeros(0, np.uint8)


def read(array: pa.Array, kind: Type, name: str) -> Column:
    """A column of the type that the plan says. Raises FeatureError where the data has another."""
    found = from_arrow(array.type)
    if found is None and pa.types.is_null(array.type):
        return _all_missing(kind, len(array))
    if found != kind:
        raise FeatureError(
            f"column {name!r} is {array.type}, but the features read it as {kind}",
            hint="cast the column, or change its type in the feature file",
        )
    return _READERS["list" if kind.is_list else kind.name](array, kind, name)


def _all_missing(kind: Type, size: int) -> Column:
    from feature_dsl.kernels.columns import constant_column

    return constant_column(() if kind.is_list else None, kind).take(np.zeros(size, np.int64))


def valid_bits(array: pa.Array) -> BoolArray | None:
    """True where a value is present, or None where all are."""
    if array.null_count == 0 or array.buffers()[0] is None:
        return None
    return _bits(array.buffers()[0], array.offset, len(array))


def _bits(buffer: pa.Buffer, offset: int, size: int) -> BoolArray:
    first = offset // 8
    octets = np.frombuffer(buffer, np.uint8)[first : (offset + size + 7) // 8]
    return np.unpackbits(octets, bitorder="little")[offset - 8 * first :][:size].view(np.bool_)


def _values(array: pa.Array, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    buffer = array.buffers()[1]
    if buffer is None or len(array) == 0:
        return np.zeros(0, dtype)
    width = np.dtype(dtype).itemsize
    return np.frombuffer(buffer, dtype, count=len(array), offset=array.offset * width)


def text_places(array: pa.Array) -> tuple[Texts, BoolArray | None]:
    """Where the bytes of a text or binary array lie, and which values are present (None: all).

    Null values have length 0 here.
    """
    types = pa.types
    if types.is_dictionary(array.type):
        words, _ = text_places(array.dictionary)
        rows = _indices(array)
        return words.take(rows), rows >= 0 if array.null_count or array.dictionary.null_count else None
    if types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    elif types.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    wide = types.is_large_string(array.type) or types.is_large_binary(array.type)
    buffers, size = array.buffers(), len(array)
    if size == 0 or buffers[1] is None:
        return Texts(np.zeros(size, np.int64), np.zeros(size, np.int64), _NO_BYTES), valid_bits(array)
    dtype = np.dtype(np.int64 if wide else np.int32)
    offsets = np.frombuffer(buffers[1], dtype, count=size + 1, offset=array.offset * dtype.itemsize)
    starts = offsets[:-1].astype(np.int64, copy=False)
    lengths = np.diff(offsets).astype(np.int64, copy=False)
    valid = valid_bits(array)
    if valid is not None:
        lengths = np.where(valid, lengths, 0)
    data = _NO_BYTES if buffers[2] is None else np.frombuffer(buffers[2], np.uint8)
    return Texts(starts, lengths, data), valid


def _indices(array: pa.DictionaryArray) -> IntArray:
    """Row of the dictionary of each value, -1 of null (in the indices or in the dictionary)."""
    indices: pa.Array = array.indices
    rows: IntArray = _values(indices, str(indices.type)).astype(np.int64)
    valid, present = valid_bits(indices), valid_bits(array.dictionary)
    if valid is not None:
        rows = np.where(valid, rows, -1)
    if present is not None:
        rows = np.where((rows >= 0) & ~present[rows], -1, rows)
    return rows


def _dictionary(array: pa.DictionaryArray, kind: Type, name: str) -> Column:
    return read(array.dictionary, kind, name).take(_indices(array))


def _read_text(array: pa.Array, kind: Type, name: str) -> Texts:
    return text_places(array)[0]


def _read_int(array: pa.Array, kind: Type, name: str) -> Column:
    if pa.types.is_dictionary(array.type):
        return _dictionary(array, kind, name)
    valid = valid_bits(array)
    values = _values(array, str(array.type)).astype(np.int64, copy=False)
    if valid is None:
        return Ints(values)
    return Ints(np.where(valid, values, 0), ~valid)


def _read_float(array: pa.Array, kind: Type, name: str) -> Column:
    if pa.types.is_dictionary(array.type):
        return _dictionary(array, kind, name)
    valid, values = valid_bits(array), _values(array, np.float64)
    return Floats(values if valid is None else np.where(valid, values, np.nan))


def _read_bool(array: pa.Array, kind: Type, name: str) -> Column:
    if pa.types.is_dictionary(array.type):
        return _dictionary(array, kind, name)
    if len(array) == 0:
        return Bools(np.zeros(0, np.bool_))
    values, valid = _bits(array.buffers()[1], array.offset, len(array)), valid_bits(array)
    return Bools(values) if valid is None else Bools(values & valid, ~valid)


def _read_list(array: pa.Array, kind: Type, name: str) -> Column:
    if pa.types.is_dictionary(array.type):
        return _dictionary(array, kind, name)
    child = read(array.values, kind.element, name)
    assert not isinstance(child, Lists)
    if pa.types.is_fixed_size_list(array.type):
        width = array.type.list_size
        offsets: IntArray = (np.arange(len(array) + 1) + array.offset) * width
    else:
        offsets = array.offsets.to_numpy().astype(np.int64)
    valid = valid_bits(array)
    if valid is None and len(offsets) and offsets[0] == 0 and offsets[-1] == child.size:
        return Lists(offsets, child)
    lengths = np.diff(offsets) if valid is None else np.where(valid, np.diff(offsets), 0)
    return slices(offsets[:-1], lengths, child)


_READERS: dict[str, Callable[[pa.Array, Type, str], Column]] = {
    "utf8": _read_text,
    "int64": _read_int,
    "float64": _read_float,
    "bool": _read_bool,
    "list": _read_list,
}


def write(column: Column) -> pa.Array:
    """A feature column (numbers, or lists of numbers, none missing) as an Arrow array."""
    if isinstance(column, Lists):
        if column.offsets[-1] > 2**31 - 1:
            raise FeatureError("a list column has more than 2³¹ elements in one batch", hint="use smaller batches")
        offsets = pa.array(column.offsets.astype(np.int32), pa.int32())
        return pa.ListArray.from_arrays(offsets, _write_scalars(column.child))
    return _write_scalars(column)


def _write_scalars(column: Scalars) -> pa.Array:
    assert isinstance(column, Ints | Floats)
    data_type = pa.int64() if isinstance(column, Ints) else pa.float64()
    values = np.ascontiguousarray(column.values)
    return pa.Array.from_buffers(data_type, len(values), [None, pa.py_buffer(values)])
