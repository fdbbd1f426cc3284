"""Kernels of hashes, hash buckets and crosses."""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl import limits
from feature_dsl.kernels.xxh64 import digest, digest_int
from feature_dsl.kernels.xxh64_rows import digest_rows
from feature_dsl.machine import integers
from feature_dsl.machine.compiled import by_types, kernel
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.memory import words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STATES,
    STEP,
    TEXT,
    allocate,
    argument,
    inline,
    list_end,
    list_start,
    missing,
    new_elements,
    new_lists,
    new_values,
    share,
    size_of_result,
)

_SEED = np.uint64(42)
_CROSS_LIMIT = limits.CROSS_COMBINATIONS


@inline
def hash_value(source: Any, at: Any, seed: Any) -> Any:
    """The hash (uint64) of a text or an integer; missing counts as ""."""
    if source[KIND] == TEXT:
        return digest(words(source[DATA])[at], words(source[MORE])[at], seed)
    if missing(source, at):
        return digest(0, 0, seed)
    return digest_int(words(source[DATA])[at], seed)


@kernel
def hashed(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    _hash_all(frame, source, count, new_values(frame, step, count, False)[DATA])


@elementwise(("utf8",), "int64")
def _identity_text(text: Any) -> Any:
    return np.int64(digest(text[0], text[1], _SEED))


@kernel
def _identity(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    if source[STEP] != 0:
        share(frame, step, source)
        return
    count = size_of_result(frame, step)
    out = new_values(frame, step, count, True)
    for at in range(count):
        words(out[DATA])[at], words(out[MORE])[at] = words(source[DATA])[0], 1 if missing(source, 0) else 0


identity = by_types(integers=_identity, texts=_identity_text)


@kernel
def hash_bucket(frame: Any, step: Any) -> None:
    """0 for missing, else 1 + floormod(hash, n - 1)."""
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    data, stride = new_values(frame, step, count, False)[DATA], source[STEP]
    _hash_all(frame, source, count, data)
    out = words(data)
    _reduce(out, count, words(argument(frame, step, 1)[DATA])[0] - 1, 1)
    if source[KIND] == TEXT:
        lengths = words(source[MORE])
        for at in range(count):
            out[at] = out[at] if lengths[at * stride] != 0 else 0
    elif source[MORE] != 0:
        marks = words(source[MORE])
        for at in range(count):
            out[at] = 0 if marks[at * stride] != 0 else out[at]


@kernel
def hash_mod(frame: Any, step: Any) -> None:
    """floormod(hash, n), missing as ""."""
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    data = new_values(frame, step, count, False)[DATA]
    _hash_all(frame, source, count, data)
    _reduce(words(data), count, words(argument(frame, step, 1)[DATA])[0], 0)


@inline
def _hash_all(frame: Any, source: Any, count: Any, out: Any) -> None:
    for at in range(count):
        words(out)[at] = np.int64(_SEED)
    _chain(frame, source, count, out)


@inline
def _reduce(hashes: Any, count: Any, divisor: Any, shift: Any) -> None:
    """``shift + floormod(hash, divisor)`` in the hash's place."""
    parts = integers.reciprocal(divisor)
    for at in range(count):
        hashes[at] = shift + integers.floor_remainder(hashes[at], divisor, parts)


@kernel
def cross(frame: Any, step: Any) -> None:
    """Chained hashes; lists give the product of their elements, the first input outermost."""
    inputs, size = step[STATES] - ARGUMENTS - 1, words(argument(frame, step, 0)[DATA])[0]
    listed = False
    for place in range(inputs):
        listed = listed or argument(frame, step, 1 + place)[OFFSETS] != 0
    if not listed:
        data = new_values(frame, step, frame[ROWS], False)[DATA]
        for row in range(frame[ROWS]):
            words(data)[row] = np.int64(_SEED)
        for place in range(inputs):
            _chain(frame, argument(frame, step, 1 + place), frame[ROWS], data)
        _reduce(words(data), frame[ROWS], size - 1, 1)
        return
    offsets = new_lists(frame, step)
    for row in range(frame[ROWS]):
        total = 1
        for place in range(inputs):
            total = min(total * min(_choices(argument(frame, step, 1 + place), row), _CROSS_LIMIT), _CROSS_LIMIT)
        offsets[row + 1] = offsets[row] + total
    out = words(new_elements(frame, step, offsets[frame[ROWS]], False)[DATA])
    chosen = words(allocate(frame, 8 * inputs))
    for row in range(frame[ROWS]):
        for place in range(inputs):
            chosen[place] = 0
        for at in range(offsets[row], offsets[row + 1]):
            out[at] = np.int64(_combination(frame, step, inputs, row, chosen))
            _advance(frame, step, inputs, row, chosen)
    _reduce(out, offsets[frame[ROWS]], size - 1, 1)


@inline
def _chain(frame: Any, source: Any, rows: Any, seeds: Any) -> None:
    """Hashes an input's rows, each with its seed, into the seeds of the next."""
    stride = source[STEP]
    if source[KIND] == TEXT:
        digest_rows(frame, words(source[DATA]), words(source[MORE]), stride, rows, seeds)
    else:
        hashes = words(seeds)
        for row in range(rows):
            hashes[row] = np.int64(hash_value(source, row * stride, np.uint64(hashes[row])))


@inline
def _choices(source: Any, row: Any) -> Any:
    """How many values an input has; an empty list counts as one missing value."""
    return max(list_end(source, row) - list_start(source, row), 1) if source[OFFSETS] != 0 else 1


@inline
def _combination(frame: Any, step: Any, inputs: Any, row: Any, chosen: Any) -> Any:
    seed = _SEED
    for place in range(inputs):
        source = argument(frame, step, 1 + place)
        if source[OFFSETS] == 0:
            seed = hash_value(source, row * source[STEP], seed)
        elif list_end(source, row) == list_start(source, row):
            seed = digest(0, 0, seed)
        else:
            seed = hash_value(source, list_start(source, row) + chosen[place], seed)
    return seed


@inline
def _advance(frame: Any, step: Any, inputs: Any, row: Any, chosen: Any) -> None:
    """The next combination: the last input turns fastest."""
    place = inputs - 1
    while place >= 0:
        chosen[place] += 1
        if chosen[place] < _choices(argument(frame, step, 1 + place), row):
            return
        chosen[place] = 0
        place -= 1
