"""Kernels of vectors: lists of floats, of which one with a missing element has no value."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.kernels.combiners import finite
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats
from feature_dsl.machine.registers import DATA, ROWS, argument, inline, list_end, list_start, new_values


@inline
def _is_whole(source: Any, row: Any) -> Any:
    """Whether a vector is not empty and has no missing element."""
    start, end, values = list_start(source, row), list_end(source, row), floats(source[DATA])
    for at in range(start, end):
        if math.isnan(values[at]):
            return False
    return end > start


@inline
def _are_whole(left: Any, right: Any, row: Any) -> Any:
    """Whether two vectors are of one length and have all elements."""
    same = list_end(left, row) - list_start(left, row) == list_end(right, row) - list_start(right, row)
    return same and _is_whole(left, row) and _is_whole(right, row)


@inline
def _dot(left: Any, less: Any, right: Any, fewer: Any, row: Any) -> Any:
    """Dot product, from left to right, of two whole vectors, each element less a number first."""
    start, other, total = list_start(left, row), list_start(right, row), 0.0
    for place in range(list_end(left, row) - start):
        total += (floats(left[DATA])[start + place] - less) * (floats(right[DATA])[other + place] - fewer)
    return total


@inline
def _mean(source: Any, row: Any) -> Any:
    total, start, end = 0.0, list_start(source, row), list_end(source, row)
    for at in range(start, end):
        total += floats(source[DATA])[at]
    return total / (end - start)


@inline
def _cosine(left: Any, less: Any, right: Any, fewer: Any, row: Any) -> Any:
    size = math.sqrt(_dot(left, less, left, less, row)) * math.sqrt(_dot(right, fewer, right, fewer, row))
    if size == 0 or not math.isfinite(size):
        return math.nan
    ratio = _dot(left, less, right, fewer, row) / size
    if ratio > 1.0:
        return 1.0
    return -1.0 if ratio < -1.0 else ratio


@kernel
def squared_norm(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = finite(_dot(source, 0.0, source, 0.0, row)) if _is_whole(source, row) else math.nan


@kernel
def l2_norm(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = finite(math.sqrt(_dot(source, 0.0, source, 0.0, row))) if _is_whole(source, row) else math.nan


@kernel
def dot(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = finite(_dot(left, 0.0, right, 0.0, row)) if _are_whole(left, right, row) else math.nan


@kernel
def euclid_dist(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        if not _are_whole(left, right, row):
            out[row] = math.nan
            continue
        start, other, total = list_start(left, row), list_start(right, row), 0.0
        for place in range(list_end(left, row) - start):
            difference = floats(left[DATA])[start + place] - floats(right[DATA])[other + place]
            total += difference * difference
        out[row] = finite(math.sqrt(total))


@kernel
def cosine(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = finite(_cosine(left, 0.0, right, 0.0, row)) if _are_whole(left, right, row) else math.nan


@kernel
def corr(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        whole = _are_whole(left, right, row)
        out[row] = finite(_cosine(left, _mean(left, row), right, _mean(right, row), row)) if whole else math.nan
