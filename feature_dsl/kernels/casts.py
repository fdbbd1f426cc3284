"""Kernels of casts."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from feature_dsl.kernels import bytes as loops
from feature_dsl.kernels.arithmetic import finite
from feature_dsl.kernels.columns import Bools, Call, Floats, Ints, Texts

_REAL = re.compile(rb"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def to_int(call: Call) -> Ints:
    (column,) = call.args
    if isinstance(column, Floats):
        fits = (column.values >= -(2.0**63)) & (column.values < 2.0**63)
        values = np.trunc(np.where(fits, column.values, 0.0)).astype(np.int64)
        return Ints(values) if fits.all() else Ints(values, ~fits)
    if isinstance(column, Texts):
        values, bad = np.empty(column.size, np.int64), np.empty(column.size, np.bool_)
        loops.parse_ints(column.starts, column.lengths, column.data, values, bad)
        return Ints(values, bad)
    return Ints(column.values.astype(np.int64, copy=False), column.mask)


def to_float(call: Call) -> Floats:
    (column,) = call.args
    if isinstance(column, Floats):
        return column
    if isinstance(column, Texts):
        return finite(np.array([_parse(column, row) for row in range(column.size)], np.float64))
    values = column.values.astype(np.float64)
    return Floats(values if column.mask is None else np.where(column.mask, np.nan, values))


def _text(column: Texts, row: int) -> bytes:
    start = int(column.starts[row])
    return column.data[start : start + int(column.lengths[row])].tobytes()


def _parse(column: Texts, row: int) -> float:
    text = _text(column, row)
    return float(text) if _REAL.fullmatch(text) else np.nan


def to_text(call: Call) -> Texts:
    (column,) = call.args
    if isinstance(column, Texts):
        return column
    if isinstance(column, Bools):
        words = np.frombuffer(b"truefalse", np.uint8)
        lengths = np.where(column.missing(), 0, np.where(column.values, 4, 5))
        return Texts(np.where(column.values, 0, 4), lengths, words)
    digits: Any = column.values.astype("S21")  # NumPy prints integers in decimal, left-aligned and zero-filled
    lengths = np.where(column.missing(), 0, np.char.str_len(digits)).astype(np.int64)
    starts = np.arange(column.size, dtype=np.int64) * 21
    return Texts(starts, lengths, np.frombuffer(digits.tobytes(), np.uint8))
