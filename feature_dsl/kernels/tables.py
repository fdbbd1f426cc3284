"""Hash tables of a list's values that live as long as a block: which of them are the same, whatever their type."""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.kernels.comparison import same_value
from feature_dsl.kernels.xxh64 import digest, digest_int
from feature_dsl.machine.memory import floats, words
from feature_dsl.machine.registers import DATA, FLOAT, KIND, MORE, TEXT, inline, missing

_SEED = np.uint64(0)


@inline
def table_size(count: Any) -> Any:
    """Slots for so many values: a power of two, twice as many or more."""
    size = 4
    while size < 2 * count:
        size *= 2
    return size


@inline
def clear(slots: Any, size: Any) -> None:
    """Empties ``size`` slots at an address."""
    for slot in range(size):
        words(slots)[slot] = -1


@inline
def _hash(source: Any, at: Any) -> Any:
    if source[KIND] == TEXT:
        return np.int64(digest(words(source[DATA])[at], words(source[MORE])[at], _SEED))
    if missing(source, at) or (source[KIND] == FLOAT and floats(source[DATA])[at] == 0.0):
        return np.int64(0)
    return np.int64(digest_int(words(source[DATA])[at], _SEED))


@inline
def find_slot(source: Any, at: Any, held: Any, slots: Any, size: Any) -> Any:
    """The slot that holds the index of an equal value of the register ``held``, or the free one for it."""
    slot = _hash(source, at) & (size - 1)
    while True:
        index = words(slots)[slot]
        if index < 0 or same_value(source, at, held, index):
            return slot
        slot = (slot + 1) & (size - 1)
