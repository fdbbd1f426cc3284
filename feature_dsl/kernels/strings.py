"""Kernels of texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.kernels import bytes as loops
from feature_dsl.kernels.columns import Bools, ByteArray, Call, Lists, Texts, offsets_of


def split(call: Call) -> Lists:
    """Parts are places in the same buffer: nothing is copied."""
    column, separator = call.args[0], np.frombuffer(str(call.constants[1]).encode(), np.uint8)
    counts = np.empty(column.size, np.int64)
    loops.count_parts(column.starts, column.lengths, column.data, separator, counts)
    offsets = offsets_of(counts)
    starts, lengths = np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.int64)
    loops.split_parts(column.starts, column.lengths, column.data, separator, starts, lengths)
    return Lists(offsets, Texts(starts, lengths, column.data))


def concat(call: Call) -> Texts:
    total = np.zeros(call.size, np.int64)
    for column in call.args:
        total = total + column.lengths
    offsets = offsets_of(total)
    out, targets = np.empty(offsets[-1], np.uint8), offsets[:-1].copy()
    for column in call.args:
        loops.copy_texts(column.starts, column.lengths, column.data, targets, call.size, out)
        targets += column.lengths
    return Texts(offsets[:-1], total, out)


def _mapped(table: ByteArray) -> Any:
    def kernel(call: Call) -> Texts:
        (column,) = call.args
        return Texts(column.starts, column.lengths, table[column.data])

    return kernel


def _table(low: str, high: str, shift: int) -> ByteArray:
    table = np.arange(256, dtype=np.uint8)
    table[ord(low) : ord(high) + 1] += np.uint8(shift % 256)
    return table


lower = _mapped(_table("A", "Z", 32))
upper = _mapped(_table("a", "z", -32))


def trim(call: Call) -> Texts:
    (column,) = call.args
    starts, lengths = np.empty(column.size, np.int64), np.empty(column.size, np.int64)
    loops.trim(column.starts, column.lengths, column.data, starts, lengths)
    return Texts(starts, lengths, column.data)


def contains(call: Call) -> Bools:
    text, part = call.args
    out = np.empty(call.size, np.bool_)
    loops.contains(text.starts, text.lengths, text.data, part.starts, part.lengths, part.data, out)
    return Bools(out)
