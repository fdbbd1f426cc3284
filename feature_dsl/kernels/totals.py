"""Kernels of the least, the greatest, the sum and the mean of several numbers."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.machine import integers
from feature_dsl.machine.compiled import by_types, kernel
from feature_dsl.machine.elementwise import for_types
from feature_dsl.machine.memory import floats, words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    FLOAT,
    KIND,
    MORE,
    STATES,
    STEP,
    argument,
    copy_value,
    inline,
    missing,
    new_values,
    set_missing,
    size_of_result,
    wants_more,
)


@for_types(("int64", "float64"), 2)
def _lesser(a: Any, b: Any) -> Any:
    return b if b < a else a


@for_types(("int64", "float64"), 2)
def _greater(a: Any, b: Any) -> Any:
    return b if b > a else a


@inline
def precedes(source: Any, at: Any, other: Any, place: Any, sign: Any) -> Any:
    """Whether the other number is greater (sign 1) or less (sign -1)."""
    if source[KIND] == FLOAT:
        left, right = floats(source[DATA])[at], floats(other[DATA])[place]
        return right > left if sign > 0 else right < left
    first, second = words(source[DATA])[at], words(other[DATA])[place]
    return second > first if sign > 0 else second < first


@inline
def set_finite(out: Any, at: Any) -> None:
    """Makes a number that is not finite missing."""
    if out[KIND] == FLOAT and not math.isfinite(floats(out[DATA])[at]):
        set_missing(out, at)


@inline
def _extreme(frame: Any, step: Any, sign: Any) -> None:
    count, inputs, may_miss = size_of_result(frame, step), step[STATES] - ARGUMENTS, False
    for place in range(inputs):
        may_miss = may_miss or argument(frame, step, place)[MORE] != 0
    out = new_values(frame, step, count, wants_more(argument(frame, step, 0)[KIND], may_miss))
    for at in range(count):
        best = argument(frame, step, 0)
        found = at * best[STEP]
        absent = missing(best, found)
        for place in range(1, inputs):
            other = argument(frame, step, place)
            spot = at * other[STEP]
            absent = absent or missing(other, spot)
            if not absent and precedes(best, found, other, spot, sign):
                best, found = other, spot
        if absent:
            set_missing(out, at)
        else:
            copy_value(best, found, out, at)
            set_finite(out, at)


@kernel
def _least(frame: Any, step: Any) -> None:
    _extreme(frame, step, -1)


@kernel
def _greatest(frame: Any, step: Any) -> None:
    _extreme(frame, step, 1)


min = by_types(two=_lesser, more=_least)
max = by_types(two=_greater, more=_greatest)


@inline
def _total_integers(frame: Any, step: Any, at: Any) -> Any:
    """The sum of a row's integers, and whether it and all sums on the way fit."""
    total, fits = 0, True
    for place in range(step[STATES] - ARGUMENTS):
        source = argument(frame, step, place)
        if missing(source, at * source[STEP]):
            return 0, False
        total, fits = integers.add(total, words(source[DATA])[at * source[STEP]])
        if not fits:
            return 0, False
    return total, True


@inline
def _total_floats(frame: Any, step: Any, at: Any) -> Any:
    """The sum of a row's floats, NaN where one is missing."""
    first = argument(frame, step, 0)
    total = floats(first[DATA])[at * first[STEP]]
    for place in range(1, step[STATES] - ARGUMENTS):
        source = argument(frame, step, place)
        total += floats(source[DATA])[at * source[STEP]]
    return total


@kernel
def sum_of(frame: Any, step: Any) -> None:
    count, kind = size_of_result(frame, step), argument(frame, step, 0)[KIND]
    out = new_values(frame, step, count, kind != FLOAT)
    for at in range(count):
        if kind == FLOAT:
            floats(out[DATA])[at] = _total_floats(frame, step, at)
            set_finite(out, at)
        else:
            total, fits = _total_integers(frame, step, at)
            words(out[DATA])[at], words(out[MORE])[at] = total, 0 if fits else 1


@kernel
def mean_of(frame: Any, step: Any) -> None:
    count = size_of_result(frame, step)
    out = new_values(frame, step, count, False)
    for at in range(count):
        floats(out[DATA])[at] = _total_floats(frame, step, at) / (step[STATES] - ARGUMENTS)
        set_finite(out, at)
