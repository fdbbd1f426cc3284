"""Kernels of comparisons."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.machine.compiled import by_types, kernel
from feature_dsl.machine.elementwise import elementwise, for_types
from feature_dsl.machine.memory import floats, memcmp, same_bytes, words
from feature_dsl.machine.registers import (
    DATA,
    FLOAT,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STEP,
    TEXT,
    argument,
    inline,
    list_end,
    list_start,
    missing,
    new_values,
    size_of_result,
)


@inline
def compare_texts(left: Any, right: Any) -> Any:
    """Below, at or above 0: the order of bytes, which for UTF-8 is the order of code points."""
    order = memcmp(left[0], right[0], min(left[1], right[1]))
    return order if order != 0 else left[1] - right[1]


_NUMBERS = ("int64", "float64")


@for_types((*_NUMBERS, "bool"), 2, "bool", missing=False)
def _ne(left: Any, right: Any) -> Any:
    return left != right


@elementwise(("utf8", "utf8"), "bool", missing=False)
def _ne_text(left: Any, right: Any) -> Any:
    return left[1] != right[1] or not same_bytes(left[0], right[0], left[1])


@for_types(_NUMBERS, 2, "bool", missing=False)
def _lt(left: Any, right: Any) -> Any:
    return left < right


@elementwise(("utf8", "utf8"), "bool", missing=False)
def _lt_text(left: Any, right: Any) -> Any:
    return compare_texts(left, right) < 0


@for_types(_NUMBERS, 2, "bool", missing=False)
def _le(left: Any, right: Any) -> Any:
    return left <= right


@elementwise(("utf8", "utf8"), "bool", missing=False)
def _le_text(left: Any, right: Any) -> Any:
    return compare_texts(left, right) <= 0


@for_types(_NUMBERS, 2, "bool", missing=False)
def _gt(left: Any, right: Any) -> Any:
    return left > right


@elementwise(("utf8", "utf8"), "bool", missing=False)
def _gt_text(left: Any, right: Any) -> Any:
    return compare_texts(left, right) > 0


@for_types(_NUMBERS, 2, "bool", missing=False)
def _ge(left: Any, right: Any) -> Any:
    return left >= right


@elementwise(("utf8", "utf8"), "bool", missing=False)
def _ge_text(left: Any, right: Any) -> Any:
    return compare_texts(left, right) >= 0


ne = by_types(numbers=_ne, texts=_ne_text)
lt = by_types(numbers=_lt, texts=_lt_text)
le = by_types(numbers=_le, texts=_le_text)
gt = by_types(numbers=_gt, texts=_gt_text)
ge = by_types(numbers=_ge, texts=_ge_text)


@inline
def same_value(left: Any, at: Any, right: Any, other: Any) -> Any:
    """Whether two values of one kind are the same; missing is the same as missing."""
    kind = left[KIND]
    if kind == TEXT:
        length = words(left[MORE])[at]
        if length != words(right[MORE])[other]:
            return False
        return same_bytes(words(left[DATA])[at], words(right[DATA])[other], length)
    absent = missing(left, at)
    if absent or missing(right, other):
        return absent and missing(right, other)
    if kind == FLOAT:
        return floats(left[DATA])[at] == floats(right[DATA])[other]
    return words(left[DATA])[at] == words(right[DATA])[other]


@kernel
def equal(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    count = size_of_result(frame, step)
    out = words(new_values(frame, step, count, False)[DATA])
    for at in range(count):
        out[at] = 1 if same_value(left, at * left[STEP], right, at * right[STEP]) else 0


@elementwise(("int64",), "bool", missing=False)
def _is_finite(value: Any) -> Any:
    return True


@elementwise(("float64",), "bool", missing=False)
def _is_finite_float(value: Any) -> Any:
    return math.isfinite(value)


is_finite = by_types(integers=_is_finite, floats=_is_finite_float)


@kernel
def is_missing(frame: Any, step: Any) -> None:
    """Missing scalars and empty lists."""
    value = argument(frame, step, 0)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        if value[OFFSETS] != 0:
            out[row] = 1 if list_end(value, row) == list_start(value, row) else 0
        else:
            out[row] = 1 if missing(value, row * value[STEP]) else 0
