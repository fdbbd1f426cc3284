"""Kernels of ids of bounded size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.hashing import hash_value
from feature_dsl.kernels.vocabulary import find_number, find_text, held_table, vocabulary
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.memory import words
from feature_dsl.machine.registers import (
    DATA,
    KIND,
    MORE,
    STEP,
    TEXT,
    argument,
    inline,
    missing,
    new_values,
    size_of_result,
    state,
    state_length,
)
from feature_dsl.types import Type, Value

_SEED = np.uint64(42)


@elementwise(("int64", "int64"), "int64?")
def within(value: Any, size: Any) -> Any:
    return value, 0 <= value < size


def of_vocab_index(values: tuple[Value, ...], types: tuple[Type, ...]) -> tuple[npt.NDArray[Any], ...]:
    """The state of ``vocab_index``: the vocabulary, ready to be searched as ``index`` does."""
    return vocabulary(values, types)


@inline
def _position(step: Any, source: Any, at: Any) -> Any:
    """A value's position in the vocabulary, or -1."""
    if source[KIND] == TEXT:
        return find_text(held_table(step), words(source[DATA])[at], words(source[MORE])[at])
    place = find_number(source, at, state(step, 0), state_length(step, 0))
    return words(state(step, 1))[place] if place >= 0 else -1


@kernel
def vocab_index(frame: Any, step: Any) -> None:
    source, others = argument(frame, step, 1), words(argument(frame, step, 2)[DATA])[0]
    count = size_of_result(frame, step)
    out = words(new_values(frame, step, count, False)[DATA])
    for row in range(count):
        at = row * source[STEP]
        if missing(source, at):
            out[row] = 0
            continue
        position = _position(step, source, at)
        out[row] = 1 + others + position if position >= 0 else 1 + np.int64(hash_value(source, at, _SEED)) % others
