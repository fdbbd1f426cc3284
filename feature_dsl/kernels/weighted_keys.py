"""The kernel of the dot product of two lists of keys and weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from feature_dsl.kernels.casts import parse_float
from feature_dsl.kernels.combiners import finite
from feature_dsl.kernels.overlap import longest
from feature_dsl.kernels.tables import table_size
from feature_dsl.kernels.xxh64 import digest
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats, memcmp, octets, words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    MORE,
    ROWS,
    STATES,
    allocate,
    argument,
    inline,
    list_end,
    list_start,
    new_values,
    state,
)

_SEED = np.uint64(0)
_COLON = 58


@inline
def _key_length(text: Any, length: Any, sign: Any) -> Any:
    """Bytes before the last sign, or -1 where there is none."""
    for at in range(length - 1, -1, -1):
        if octets(text)[at] == sign:
            return at
    return -1


@inline
def _read(frame: Any, source: Any, row: Any, sign: Any, locale: Any, keys: Any, lengths: Any, weights: Any) -> Any:
    """Fills in the keys and weights of a row's list, and returns how many there are; texts that are none are left out."""
    count = 0
    for at in range(list_start(source, row), list_end(source, row)):
        text, length = words(source[DATA])[at], words(source[MORE])[at]
        key = _key_length(text, length, sign)
        weight = 1.0
        if key < 0:
            key = length
        elif key + 1 < length:
            weight = parse_float(frame, text + key + 1, length - key - 1, locale)
        else:
            weight = math.nan
        if key > 0 and math.isfinite(weight):
            keys[count], lengths[count], weights[count] = text, key, weight
            count += 1
    return count


@inline
def _slot(key: Any, length: Any, keys: Any, lengths: Any, slots: Any, size: Any) -> Any:
    """The slot that holds the number of an equal key, or the free one for it."""
    slot = np.int64(digest(key, length, _SEED)) & (size - 1)
    while True:
        number = slots[slot]
        if number < 0 or (lengths[number] == length and memcmp(keys[number], key, length) == 0):
            return slot
        slot = (slot + 1) & (size - 1)


@inline
def _chain(keys: Any, lengths: Any, count: Any, slots: Any, size: Any, following: Any) -> None:
    """A table of the first of equal keys, each followed by the next of them (-1: none)."""
    for slot in range(size):
        slots[slot] = -1
    for number in range(count - 1, -1, -1):
        slot = _slot(keys[number], lengths[number], keys, lengths, slots, size)
        following[number] = slots[slot]
        slots[slot] = number


@kernel
def kv_dot(frame: Any, step: Any) -> None:
    left, right, locale = argument(frame, step, 0), argument(frame, step, 1), words(state(step, 0))[0]
    sign = octets(words(argument(frame, step, 2)[DATA])[0])[0] if step[STATES] - ARGUMENTS > 2 else _COLON
    one, other = longest(frame, left), longest(frame, right)
    size = table_size(other)
    keys, lengths, weights = words(allocate(frame, 8 * one)), words(allocate(frame, 8 * one)), floats(allocate(frame, 8 * one))
    others, sizes, factors = words(allocate(frame, 8 * other)), words(allocate(frame, 8 * other)), floats(allocate(frame, 8 * other))
    slots, following = words(allocate(frame, 8 * size)), words(allocate(frame, 8 * other))
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        if list_end(left, row) == list_start(left, row) or list_end(right, row) == list_start(right, row):
            out[row] = math.nan
            continue
        count = _read(frame, left, row, sign, locale, keys, lengths, weights)
        _chain(others, sizes, _read(frame, right, row, sign, locale, others, sizes, factors), slots, size, following)
        total = 0.0
        for number in range(count):
            match = slots[_slot(keys[number], lengths[number], others, sizes, slots, size)]
            while match >= 0:
                total += weights[number] * factors[match]
                match = following[match]
        out[row] = finite(total)
