"""One batch in any of the ways in which Arrow can hold it."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa

Encode = Callable[[pa.Array, random.Random], pa.Array]


def _as(kind: Callable[[pa.DataType], pa.DataType]) -> Encode:
    return lambda array, source: pa.array(array.to_pylist(), kind(array.type))


def _sliced(array: pa.Array, source: random.Random) -> pa.Array:
    """With a few values before and after."""
    before = source.randint(0, min(len(array), 11))
    return pa.concat_arrays([array.slice(0, before), array, array.slice(0, 3)]).slice(before, len(array))


def _bits(array: pa.Array, source: random.Random) -> pa.Array:
    """A mask that says that all are present, where there was none."""
    if array.null_count or pa.types.is_nested(array.type):
        return array
    buffers = array.buffers()
    return pa.Array.from_buffers(array.type, len(array), [pa.py_buffer(b"\xff" * (len(array) // 8 + 1)), *buffers[1:]], 0, array.offset)


def _narrow(array: pa.Array, source: random.Random) -> pa.Array:
    values = [value for value in array.to_pylist() if value is not None]
    low, high = min(values, default=0), max(values, default=0)
    widths = [np.iinfo(kind) for kind in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32)]
    kinds = [width.dtype for width in widths if width.min <= low and high <= width.max]
    return array.cast(pa.from_numpy_dtype(source.choice(kinds[:2]))) if kinds else array


_BENEATH = {"string": "hidden", "int64": 7, "double": 7.5, "bool": True}


def _hidden(array: pa.Array, source: random.Random) -> pa.Array:
    """Nulls that have a value beneath, which nobody may see."""
    values = array.to_pylist()
    full = pa.array([_BENEATH[str(array.type)] if value is None else value for value in values], array.type)
    mask = np.packbits([value is not None for value in values] or [False], bitorder="little")
    return pa.Array.from_buffers(array.type, len(array), [pa.py_buffer(mask.tobytes()), *full.buffers()[1:]])


def _dictionary(array: pa.Array, source: random.Random) -> pa.Array:
    """With the dictionary in any order, words that no row has, and a null among them."""
    words = [*dict.fromkeys(array.to_pylist()), "unused", None]
    source.shuffle(words)
    places = [None if value is None and source.random() < 0.5 else words.index(value) for value in array.to_pylist()]
    width = source.choice([pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64()])
    before = ["a", "no row's"][: source.randint(0, 2)]
    listed = _hidden(pa.array([*before, *words], array.type), source)
    return pa.DictionaryArray.from_arrays(pa.array(places, width), listed.slice(len(before)))


def _spanning(array: pa.Array, source: random.Random) -> pa.Array:
    """Null lists that have elements, which nobody may see."""
    filled = [array.slice(0, 1).to_pylist()[0] or [None] if value is None else value for value in array.to_pylist()]
    full = pa.array(filled, array.type)
    mask = np.packbits([value is not None for value in array.to_pylist()] or [False], bitorder="little")
    return pa.Array.from_buffers(array.type, len(array), [pa.py_buffer(mask.tobytes()), full.buffers()[1]], children=[full.values])


_TEXTS: list[Encode] = [
    _as(lambda kind: pa.large_string()), _as(lambda kind: pa.string_view()), _dictionary, _sliced, _bits, _hidden,
]  # fmt: skip
_LISTS: list[Encode] = [
    _as(lambda kind: pa.large_list(kind.value_type)), _sliced, _spanning,
    lambda array, source: _sliced(_as(lambda kind: pa.large_list(kind.value_type))(array, source), source),
]  # fmt: skip
_LISTS_OF_TEXTS: list[Encode] = [
    *_LISTS, _as(lambda kind: pa.list_(pa.string_view())), _as(lambda kind: pa.large_list(pa.large_string())),
    _as(lambda kind: pa.list_(pa.dictionary(pa.int16(), pa.utf8()))),
]  # fmt: skip


def _choices(kind: pa.DataType) -> list[Encode]:
    if pa.types.is_list(kind):
        return _LISTS_OF_TEXTS if pa.types.is_string(kind.value_type) else _LISTS
    if pa.types.is_string(kind):
        return _TEXTS
    return [_sliced, _bits, _hidden, _narrow] if pa.types.is_integer(kind) else [_sliced, _bits, _hidden]


def encoded(batch: pa.RecordBatch, source: random.Random, share: float = 0.5) -> pa.RecordBatch:
    """The same rows; a share of the columns lie in memory in another way."""
    arrays = [source.choice(_choices(column.type))(column, source) if source.random() < share else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def chunked(batch: pa.RecordBatch, source: random.Random) -> pa.Table:
    """The same rows as a table of several batches, slices of one, some of them empty."""
    edges = sorted(source.choices(range(batch.num_rows + 1), k=source.randint(1, 3)))
    bounds = zip([0, *edges], [*edges, batch.num_rows], strict=True)
    return pa.Table.from_batches([batch.slice(begin, end - begin) for begin, end in bounds], schema=batch.schema)
