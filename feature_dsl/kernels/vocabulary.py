"""Kernels of vocabularies and boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.short_words import both_ends
from feature_dsl.machine.compiled import by_types, entry, kernel
from feature_dsl.machine.memory import floats, halves, same_bytes, words
from feature_dsl.machine.registers import (
    DATA,
    FLOAT,
    KIND,
    MORE,
    STEP,
    always_inline,
    argument,
    inline,
    missing,
    new_values,
    size_of_result,
    state,
    state_length,
)
from feature_dsl.machine.values import number_words, text_words
from feature_dsl.types import Type, Value

# Words of a text in a table.
FIRST_BYTES, LAST_BYTES, LENGTH, ADDRESS = range(4)
_ENTRY = 4
_SMALL = 4096
# Odd numbers with bits all over: the golden ratio's and one of MurmurHash3's.
_FACTOR, _LAST_FACTOR = 0x9E3779B97F4A7C15, np.uint64(0xFF51AFD7ED558CCD)
_TRIALS = 16
Arrays = tuple[npt.NDArray[Any], ...]


@always_inline
def _spread(first: Any, last: Any, length: Any, factor: Any) -> Any:
    """A hash for tables alone, so that it may be cheap: both ends, multiplied and folded."""
    mixed = (first ^ np.uint64(length)) * np.uint64(factor)
    mixed = ((mixed ^ (mixed >> np.uint64(32))) ^ last) * _LAST_FACTOR
    return np.int64(mixed ^ (mixed >> np.uint64(32)))


@always_inline
def _is(entry: Any, first: Any, last: Any, length: Any) -> Any:
    """Whether a text of the table has these ends and this length."""
    return (np.uint64(entry[FIRST_BYTES]) == first) & (np.uint64(entry[LAST_BYTES]) == last) & (entry[LENGTH] == length)


@inline
def _find(address: Any, length: Any, table: Any) -> Any:
    """The slot of an open-addressing table (``top`` + 1 slots, a power of two) that holds a text or is free."""
    entries, slots, top, factor = table
    first, last = both_ends(address, length, entries)
    slot = _spread(first, last, length, factor) & top
    while True:
        place = halves(slots)[slot]
        if place < 0:
            return slot
        entry = words(entries + 8 * _ENTRY * place)
        if _is(entry, first, last, length) and (length <= 16 or same_bytes(entry[ADDRESS] + 8, address + 8, length - 16)):
            return slot
        slot = (slot + 1) & top


@inline
def held_table(step: Any) -> Any:
    """The table that ``text_table`` made as the step's state."""
    return state(step, 0), state(step, 1), state_length(step, 1) - 1, words(state(step, 2))[0]


@always_inline
def find_text(table: Any, address: Any, length: Any) -> Any:
    """A text's position in a ``held_table``, or -1."""
    entries, slots, top, factor = table
    first, last = both_ends(address, length, entries)
    place = halves(slots)[_spread(first, last, length, factor) & top]
    # nobody foresees which texts are in the table: no branch but where the first slot holds another text
    found = _is(words(entries + 8 * _ENTRY * max(place, 0)), first, last, length) & (length <= 16)
    position = place | (np.int64(found) - 1)
    return position if position ^ place >= 0 else np.int64(halves(slots)[_find(address, length, table)])


@entry("int64(int64, int64, int64, int64, int64)")
def _fill_table(count: Any, entries: Any, slots: Any, top: Any, factor: Any) -> Any:
    """Fills an empty table, and returns how many texts are in another slot than their own."""
    displaced, table = 0, (entries, slots, top, factor)
    for place in range(count):
        line = words(entries + 8 * _ENTRY * place)
        first, last = both_ends(line[ADDRESS], line[LENGTH], entries)
        line[FIRST_BYTES], line[LAST_BYTES] = np.int64(first), np.int64(last)
        slot = _find(line[ADDRESS], line[LENGTH], table)
        halves(slots)[slot] = place
        displaced += 1 if slot != _spread(first, last, line[LENGTH], factor) & top else 0
    return displaced


def text_table(texts: tuple[str | None, ...]) -> Arrays:
    """A table of texts: a line of words for each, slots with each text's position (-1: free), the hash's factor, and the bytes."""
    addresses, lengths, data = text_words(texts)
    entries = np.zeros((len(texts) + 1, _ENTRY), np.int64)  # one to spare: where there is no text, it is what may be read
    entries[:-1, ADDRESS], entries[:-1, LENGTH] = addresses, lengths
    # a text that is not in its own slot is a branch that nobody foresees: small tables are wide, and the best of several
    small = len(texts) <= _SMALL
    size = 1 << max(2, ((8 if small else 2) * len(texts)).bit_length())
    best: tuple[int, int, npt.NDArray[np.int32]] | None = None
    for number in range(_TRIALS if small else 1):
        factor = (_FACTOR * (2 * number + 1)) % 2**63
        slots = np.full(size, -1, np.int32)
        displaced = _fill_table(len(texts), entries.ctypes.data, slots.ctypes.data, size - 1, factor)
        if best is None or displaced < best[0]:
            best = displaced, factor, slots
        if displaced == 0:
            break
    assert best is not None
    return entries.ravel(), best[2], np.array([best[1]], np.int64), data


def number_table(numbers: tuple[Value, ...], kind: Type) -> Arrays:
    """Numbers in rising order, their positions, and the position of missing (-1: none)."""
    data, _ = number_words(numbers, kind)  # type: ignore[arg-type]
    values = data.view(np.float64) if kind.name == "float64" else data
    present = np.array([number is not None for number in numbers], np.bool_)
    positions = np.flatnonzero(present)
    order = np.argsort(values[positions], kind="stable")
    absent = np.flatnonzero(~present)
    ordered = np.ascontiguousarray(values[positions][order])
    return ordered, positions[order].astype(np.int64), np.array([absent[0] if len(absent) else -1], np.int64)


def vocabulary(values: tuple[Value, ...], types: tuple[Type, ...]) -> Arrays:
    """The state of ``index``: its constant list, ready to be searched."""
    listed = values[0]
    assert isinstance(listed, tuple)
    if types[0].name == "utf8":
        return text_table(tuple(item if isinstance(item, str) else None for item in listed))
    return number_table(listed, types[0].element)


@kernel
def _index_texts(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 1), size_of_result(frame, step)
    out = words(new_values(frame, step, count, False)[DATA])
    data, more, stride, table = words(source[DATA]), words(source[MORE]), source[STEP], held_table(step)
    for at in range(count):
        out[at] = find_text(table, data[at * stride], more[at * stride])


@inline
def find_number(source: Any, at: Any, ordered: Any, count: Any) -> Any:
    """The place of a number in rising order, or -1."""
    low, high = 0, count
    if source[KIND] == FLOAT:
        value = floats(source[DATA])[at]
        while low < high:
            middle = (low + high) >> 1
            if floats(ordered)[middle] < value:
                low = middle + 1
            else:
                high = middle
        return low if low < count and floats(ordered)[low] == value else -1
    number = words(source[DATA])[at]
    while low < high:
        middle = (low + high) >> 1
        if words(ordered)[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low if low < count and words(ordered)[low] == number else -1


@kernel
def _index_numbers(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 1), size_of_result(frame, step)
    out = words(new_values(frame, step, count, False)[DATA])
    positions, absent = words(state(step, 1)), words(state(step, 2))[0]
    for at in range(count):
        if missing(source, at * source[STEP]):
            out[at] = absent
        else:
            place = find_number(source, at * source[STEP], state(step, 0), state_length(step, 0))
            out[at] = positions[place] if place >= 0 else -1


index = by_types(texts=_index_texts.under("utf8", "utf8"), integers=_index_numbers.under("int64", "int64"),
                 floats=_index_numbers.under("float64", "float64"))  # fmt: skip


def boundaries(values: tuple[Value, ...], types: tuple[Type, ...]) -> Arrays:
    """The state of ``bucket``: its boundaries."""
    edges = values[1]
    assert isinstance(edges, tuple)
    data, _ = number_words(edges, types[1].element)
    return (data,)


_FEW = 32
"""So many boundaries are counted one by one, over many values at a time: faster than a search whose branches nobody foresees."""


@inline
def _count_edges(values: Any, stride: Any, count: Any, edges: Any, size: Any, counts: Any) -> None:
    """For each value, how many of the rising ``edges`` are at most it; NaN counts none."""
    if size <= _FEW and stride == 1:
        for at in range(count):
            counts[at] = 0
        fours = size & ~3
        for edge in range(0, fours, 4):
            a, b, c, d = edges[edge], edges[edge + 1], edges[edge + 2], edges[edge + 3]
            for at in range(count):
                value = values[at]
                counts[at] += np.int64(a <= value) + np.int64(b <= value) + np.int64(c <= value) + np.int64(d <= value)
        for edge in range(fours, size):
            last = edges[edge]
            for at in range(count):
                counts[at] += 1 if last <= values[at] else 0
    else:
        for at in range(count):
            counts[at] = count_at_most(edges, size, values[at * stride])


@kernel
def _bucket(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    out, stride = new_values(frame, step, count, source[MORE] != 0), source[STEP]
    _count_edges(words(source[DATA]), stride, count, words(state(step, 0)), state_length(step, 0), words(out[DATA]))
    if source[MORE] != 0:
        marks, missing_marks = words(source[MORE]), words(out[MORE])
        for at in range(count):
            missing_marks[at] = marks[at * stride]


@kernel
def _bucket_floats(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    out, stride, values = new_values(frame, step, count, True), source[STEP], floats(source[DATA])
    _count_edges(values, stride, count, floats(state(step, 0)), state_length(step, 0), words(out[DATA]))
    marks = words(out[MORE])
    for at in range(count):
        marks[at] = 1 if values[at * stride] != values[at * stride] else 0


@inline
def count_at_most(edges: Any, size: Any, value: Any) -> Any:
    """How many of the rising ``edges`` are at most a value; NaN counts none."""
    low, high = 0, size
    while low < high:
        middle = (low + high) >> 1
        if edges[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low


bucket = by_types(integers=_bucket.under("int64", "int64"), floats=_bucket_floats.under("float64", "float64"))
