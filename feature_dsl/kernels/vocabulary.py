"""Kernels of vocabularies and boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from feature_dsl.kernels.columns import Call, Column, Floats, IntArray, Ints, Lists, Texts
from feature_dsl.kernels.search import count_floats, count_ints
from feature_dsl.kernels.xxh64 import build_table, look_up


@dataclass(frozen=True, slots=True)
class TextVocabulary:
    """Words and an open-addressing table of them."""

    words: Texts
    slots: IntArray


@dataclass(frozen=True, slots=True)
class NumberVocabulary:
    """Words in rising order, their positions, and the position of missing (-1: none)."""

    ordered: Any
    positions: IntArray
    missing: int


def vocabulary(args: tuple[Column | None, ...]) -> TextVocabulary | NumberVocabulary:
    """The state of ``index``: its constant list, ready to be searched."""
    words = args[0]
    assert isinstance(words, Lists)
    child = words.child
    if isinstance(child, Texts):
        slots = np.full(1 << max(2, (2 * child.size).bit_length()), -1, np.int64)
        build_table(child.starts, child.lengths, child.data, slots)
        return TextVocabulary(child, slots)
    assert isinstance(child, Ints | Floats)
    missing = child.missing()
    positions = np.flatnonzero(~missing)
    order = np.argsort(child.values[positions], kind="stable")
    absent = int(np.flatnonzero(missing)[0]) if missing.any() else -1
    return NumberVocabulary(child.values[positions][order], positions[order].astype(np.int64), absent)


def index(call: Call) -> Ints:
    """Position of each value, or -1."""
    column, state = call.args[1], call.state
    if isinstance(state, TextVocabulary):
        out = np.empty(column.size, np.int64)
        words = state.words
        look_up(
            column.starts, column.lengths, column.data, words.starts, words.lengths, words.data, state.slots, out
        )  # fmt: skip
        return Ints(out)
    found = np.full(column.size, -1, np.int64)
    if len(state.ordered):
        place = np.minimum(np.searchsorted(state.ordered, column.values), len(state.ordered) - 1)
        found = np.where(state.ordered[place] == column.values, state.positions[place], -1)
    return Ints(np.where(column.missing(), state.missing, found))


def boundaries(args: tuple[Column | None, ...]) -> Any:
    """The state of ``bucket``: its boundaries as an array."""
    edges = args[1]
    assert isinstance(edges, Lists) and isinstance(edges.child, Ints | Floats)
    return np.ascontiguousarray(edges.child.values)


def bucket(call: Call) -> Ints:
    """How many boundaries are at most each value."""
    column, out = call.args[0], np.empty(call.args[0].size, np.int64)
    values = np.ascontiguousarray(column.values)
    if isinstance(column, Floats):
        count_floats(values, call.state, out)
        missing = column.missing()
        return Ints(np.where(missing, 0, out), missing) if missing.any() else Ints(out)
    count_ints(values, call.state, out)
    return Ints(out, column.mask)
