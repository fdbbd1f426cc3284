"""Arrow columns to registers: any encoding of a type becomes the same values, without a copy where it is them already."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types  # type: ignore[import-untyped,unused-ignore]
from numba.extending import intrinsic  # type: ignore[import-untyped,unused-ignore]

from feature_dsl.machine.arrow import BUFFER_COUNT, DICTIONARY, OFFSET, bit, buffer, child, has_nulls, is_null
from feature_dsl.machine.compiled import Variant
from feature_dsl.machine.memory import floats, halves, load_u64, trailing_zeros, words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    COUNT,
    DATA,
    FIRST,
    INPUT,
    MORE,
    OFFSETS,
    RESULT,
    ROWS,
    STEP,
    allocate,
    inline,
    register,
)

_NAN = float("nan")

PLAIN, LIST, LARGE_LIST, FIXED_LIST = range(4)
"""How a column nests."""

COLUMN, NESTING, WIDTH, INDEX = range(ARGUMENTS, ARGUMENTS + 4)
"""Words of a loading step: the column's place, how it nests, a fixed list's length, the width of dictionary indices (negative: signed)."""


def _integers(width: int, signed: bool) -> Any:
    @intrinsic
    def load(context: Any, address: Any, place: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind, word = ir.IntType(width), ir.IntType(64)
            value = builder.load(builder.gep(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]]))
            if width == 64:
                return value
            return builder.sext(value, word) if signed else builder.zext(value, word)

        return types.int64(types.int64, types.int64), codegen

    return load


_I8, _I16, _I32, _I64 = (_integers(width, True) for width in (8, 16, 32, 64))
_U8, _U16, _U32 = (_integers(width, False) for width in (8, 16, 32))


@inline
def _index(address: Any, width: Any, place: Any) -> Any:
    """A dictionary index of any width."""
    if width == -4:
        return _I32(address, place)
    if width == -1:
        return _I8(address, place)
    if width == -2:
        return _I16(address, place)
    if width == 1:
        return _U8(address, place)
    if width == 2:
        return _U16(address, place)
    if width == 4:
        return _U32(address, place)
    return _I64(address, place)


# Each reads the value at ``place`` of the buffers at addresses ``first`` and ``second``, and writes it at ``at``.
def _number(load: Any) -> Any:
    @inline
    def read(array: Any, first: Any, second: Any, place: Any, null: Any, data: Any, more: Any, at: Any) -> None:
        words(data)[at] = 0 if null else load(first, place)
        if more != 0:
            words(more)[at] = 1 if null else 0

    return read


@inline
def _read_bool(array: Any, first: Any, second: Any, place: Any, null: Any, data: Any, more: Any, at: Any) -> None:
    words(data)[at] = 1 if not null and bit(first, place) else 0
    if more != 0:
        words(more)[at] = 1 if null else 0


@inline
def _read_float(array: Any, first: Any, second: Any, place: Any, null: Any, data: Any, more: Any, at: Any) -> None:
    floats(data)[at] = _NAN if null else floats(first)[place]


@inline
def _read_text(array: Any, first: Any, second: Any, place: Any, null: Any, data: Any, more: Any, at: Any) -> None:
    begin = halves(first)[place]
    words(data)[at] = second + begin
    words(more)[at] = 0 if null else halves(first)[place + 1] - begin


@inline
def _read_large_text(array: Any, first: Any, second: Any, place: Any, null: Any, data: Any, more: Any, at: Any) -> None:
    begin = words(first)[place]
    words(data)[at] = second + begin
    words(more)[at] = 0 if null else words(first)[place + 1] - begin


@inline
def _read_view(array: Any, first: Any, second: Any, place: Any, null: Any, data: Any, more: Any, at: Any) -> None:
    """A view is 16 bytes: the length, then the text itself up to 12 bytes, else a prefix, a buffer's number and an offset."""
    view = first + 16 * place
    length = 0 if null else halves(view)[0]
    words(data)[at] = view + 4 if length <= 12 else buffer(array, 2 + halves(view)[2]) + halves(view)[3]
    words(more)[at] = length


READERS: dict[str, tuple[Any, str]] = {
    "int8": (_number(_I8), "int64"),
    "int16": (_number(_I16), "int64"),
    "int32": (_number(_I32), "int64"),
    "int64": (_number(_I64), "int64"),
    "uint8": (_number(_U8), "int64"),
    "uint16": (_number(_U16), "int64"),
    "uint32": (_number(_U32), "int64"),
    "double": (_read_float, "float64"),
    "bool": (_read_bool, "bool"),
    "string": (_read_text, "utf8"),
    "large_string": (_read_large_text, "utf8"),
    "string_view": (_read_view, "utf8"),
}
"""By Arrow's name of a type: how one value is read, and the language's type."""

_IS_WORDS = ("int64", "double")


@functools.cache
def loader(name: str) -> Variant:
    """The kernel that loads a column of an Arrow type, or of lists of it.

    :raises KeyError: where no column of the language has this type.
    """
    read, kind = READERS[name]
    fill = _filler(read, name == "string_view")  # what a null's view holds nobody says
    function = _load(fill, kind == "utf8", kind in ("int64", "bool"), name in _IS_WORDS)
    return Variant(f"load_{name}", function, _load)


def _filler(read: Any, asks_first: bool) -> Any:
    @inline
    def read_nulls(array: Any, first: Any, count: Any, data: Any, more: Any, at: Any) -> None:
        bitmap, one, two, row = buffer(array, 0), buffer(array, 1), _third(array), 0
        while row < count:
            place = first + row
            if place & 7 == 0 and row + 64 <= count:
                nulls = ~load_u64(bitmap + (place >> 3))
                while nulls != np.uint64(0):
                    found = row + trailing_zeros(nulls)
                    read(array, one, two, first + found, True, data, more, at + found)
                    nulls &= nulls - np.uint64(1)
                row += 64
            else:
                if not bit(bitmap, place):
                    read(array, one, two, place, True, data, more, at + row)
                row += 1

    @inline
    def fill(array: Any, index_width: Any, start: Any, count: Any, data: Any, more: Any, at: Any) -> None:
        """Reads ``count`` values from ``start`` on (the array's own offset aside) into places from ``at`` on."""
        first = array[OFFSET] + start
        if array[DICTIONARY] != 0:
            dictionary = words(array[DICTIONARY])
            one, two, indices = buffer(dictionary, 1), _third(dictionary), buffer(array, 1)
            for row in range(count):
                if is_null(array, first + row):
                    read(dictionary, one, two, 0, True, data, more, at + row)
                else:
                    place = dictionary[OFFSET] + _index(indices, index_width, first + row)
                    read(dictionary, one, two, place, is_null(dictionary, place), data, more, at + row)
            return
        one, two = buffer(array, 1), _third(array)
        if asks_first and has_nulls(array):
            for row in range(count):
                read(array, one, two, first + row, is_null(array, first + row), data, more, at + row)
            return
        for row in range(count):  # nulls like others, for the compiler vectorises this
            read(array, one, two, first + row, False, data, more, at + row)
        if has_nulls(array):
            read_nulls(array, first, count, data, more, at)

    return fill


@inline
def _third(array: Any) -> Any:
    """The address of the third buffer, 0 where there are two."""
    return buffer(array, 2) if array[BUFFER_COUNT] > 2 else 0


@inline
def _offset(array: Any, nesting: Any, width: Any, place: Any) -> Any:
    """Where list ``place`` begins in the child."""
    if nesting == LIST:
        return halves(buffer(array, 1))[place]
    if nesting == LARGE_LIST:
        return words(buffer(array, 1))[place]
    return place * width


@inline
def _list_offsets(array: Any, nesting: Any, width: Any, first: Any, offsets: Any, rows: Any) -> Any:
    """Fills the block's offsets, null lists being empty; says whether the elements lie one after another in the child."""
    together = True
    offsets[0] = 0
    for row in range(rows):
        length = _offset(array, nesting, width, first + row + 1) - _offset(array, nesting, width, first + row)
        if length > 0 and is_null(array, first + row):
            together = False
            length = 0
        offsets[row + 1] = offsets[row] + length
    return together


def _load(fill: Any, is_text: bool, masks: bool, is_words: bool) -> Callable[..., None]:
    def load(frame: Any, step: Any) -> None:
        array = child(words(frame[INPUT]), step[COLUMN])
        nesting, width, index_width = step[NESTING], step[WIDTH], step[INDEX]
        rows, start = frame[ROWS], frame[FIRST]
        out = register(frame, step[RESULT])
        out[STEP] = 1
        values, first, count, together = array, start, rows, True
        if nesting != PLAIN:
            out[OFFSETS] = allocate(frame, 8 * (rows + 1))
            offsets = words(out[OFFSETS])
            begin = array[OFFSET] + start
            together = _list_offsets(array, nesting, width, begin, offsets, rows)
            values = child(array, 0)
            first, count = _offset(array, nesting, width, begin), offsets[rows]
        out[COUNT] = count
        nulls = has_nulls(values) or (values[DICTIONARY] != 0 and has_nulls(words(values[DICTIONARY])))
        if is_words and together and not nulls and values[DICTIONARY] == 0:
            out[DATA] = buffer(values, 1) + 8 * (values[OFFSET] + first)
            out[MORE] = 0
            return
        data = allocate(frame, 8 * count)
        more = allocate(frame, 8 * count) if is_text or (masks and nulls) else 0
        out[DATA] = data
        out[MORE] = more
        if together:
            fill(values, index_width, first, count, data, more, 0)
            return
        offsets = words(out[OFFSETS])
        for row in range(rows):
            length = offsets[row + 1] - offsets[row]
            begin = _offset(array, nesting, width, array[OFFSET] + start + row)
            fill(values, index_width, begin, length, data, more, offsets[row])

    return load
