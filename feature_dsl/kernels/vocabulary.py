"""Kernels of vocabularies and boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.xxh64 import digest
from feature_dsl.machine.compiled import by_types, entry, kernel
from feature_dsl.machine.memory import floats, load_u32, load_u64, octets, same_bytes, words
from feature_dsl.machine.registers import (
    DATA,
    FLOAT,
    KIND,
    MORE,
    STEP,
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

_SEED = np.uint64(0)
# Odd numbers with bits all over: the golden ratio's and one of MurmurHash3's.
_FIRST_FACTOR, _LAST_FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xFF51AFD7ED558CCD)
Arrays = tuple[npt.NDArray[Any], ...]


@inline
def _spread(address: Any, length: Any) -> Any:
    """A hash for tables alone, so that it may be as cheap as short words allow: both ends' bytes, multiplied and folded."""
    if length > 16:
        return digest(address, length, _SEED)
    if length >= 8:
        first, last = load_u64(address), load_u64(address + length - 8)
    elif length >= 4:
        first, last = load_u32(address), load_u32(address + length - 4)
    elif length > 0:
        first = np.uint64(octets(address)[0])
        last = np.uint64(octets(address)[length - 1]) | np.uint64(octets(address)[length >> 1]) << np.uint64(8)
    else:
        first, last = np.uint64(0), np.uint64(0)
    mixed = (first ^ np.uint64(length)) * _FIRST_FACTOR
    mixed = ((mixed ^ (mixed >> np.uint64(32))) ^ last) * _LAST_FACTOR
    return mixed ^ (mixed >> np.uint64(32))


@inline
def find_slot(address: Any, length: Any, addresses: Any, lengths: Any, slots: Any, last: Any) -> Any:
    """The slot of an open-addressing table (``last`` + 1 slots, a power of two) that holds a text or is free."""
    slot = np.int64(_spread(address, length)) & last
    while True:
        word = slots[slot]
        if word < 0 or (lengths[word] == length and same_bytes(addresses[word], address, length)):
            return slot
        slot = (slot + 1) & last


@entry("int64(int64, int64, int64, int64, int64)")
def _fill_table(count: Any, addresses: Any, lengths: Any, slots: Any, last: Any) -> Any:
    for word in range(count):
        slot = find_slot(words(addresses)[word], words(lengths)[word], words(addresses), words(lengths), words(slots), last)
        words(slots)[slot] = word
    return 0


def text_table(texts: tuple[str | None, ...]) -> Arrays:
    """A table of texts: addresses, lengths, slots with each text's position (-1: free), and the bytes."""
    addresses, lengths, data = text_words(texts)
    slots = np.full(1 << max(2, (2 * len(texts)).bit_length()), -1, np.int64)
    _fill_table(len(texts), addresses.ctypes.data, lengths.ctypes.data, slots.ctypes.data, len(slots) - 1)
    return addresses, lengths, slots, data


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
    addresses, lengths, slots = words(state(step, 0)), words(state(step, 1)), words(state(step, 2))
    last, stride = state_length(step, 2) - 1, source[STEP]
    data, more = words(source[DATA]), words(source[MORE])
    for at in range(count):
        out[at] = slots[find_slot(data[at * stride], more[at * stride], addresses, lengths, slots, last)]


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
        for edge in range(size):
            for at in range(count):
                counts[at] += 1 if edges[edge] <= values[at] else 0
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
