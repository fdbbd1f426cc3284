"""Kernels that make one number of a list's present elements, from left to right."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.kernels.totals import precedes, set_finite
from feature_dsl.machine import integers
from feature_dsl.machine.compiled import by_types, kernel
from feature_dsl.machine.memory import floats, words
from feature_dsl.machine.registers import (
    DATA,
    FLOAT,
    KIND,
    MORE,
    ROWS,
    argument,
    copy_value,
    inline,
    list_end,
    list_start,
    missing,
    new_values,
    set_missing,
)


@inline
def finite(value: Any) -> Any:
    """The number, or NaN (missing) where it is not finite."""
    return value if math.isfinite(value) else math.nan


@inline
def _fold_integers(frame: Any, step: Any, product: Any) -> None:
    """Missing where there is no element, or a partial result overflows."""
    source = argument(frame, step, 0)
    out, values = new_values(frame, step, frame[ROWS], True), words(source[DATA])
    for row in range(frame[ROWS]):
        total, absent = (1 if product else 0), True
        for at in range(list_start(source, row), list_end(source, row)):
            if missing(source, at):
                continue
            total, fits = integers.multiply(total, values[at]) if product else integers.add(total, values[at])
            absent = not fits
            if absent:
                break
        words(out[DATA])[row] = 0 if absent else total
        words(out[MORE])[row] = 1 if absent else 0


@kernel
def _sum_integers(frame: Any, step: Any) -> None:
    _fold_integers(frame, step, False)


@kernel
def _product_integers(frame: Any, step: Any) -> None:
    _fold_integers(frame, step, True)


@inline
def sum_floats(source: Any, row: Any) -> Any:
    """Sum, from left to right, and number of a list's present elements."""
    total, count, values = 0.0, 0, floats(source[DATA])
    for at in range(list_start(source, row), list_end(source, row)):
        if not math.isnan(values[at]):
            total += values[at]
            count += 1
    return total, count


@kernel
def _sum_floats(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        total, count = sum_floats(source, row)
        out[row] = finite(total) if count > 0 else math.nan


@kernel
def _product_floats(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out, values = floats(new_values(frame, step, frame[ROWS], False)[DATA]), floats(source[DATA])
    for row in range(frame[ROWS]):
        total, count = 1.0, 0
        for at in range(list_start(source, row), list_end(source, row)):
            if not math.isnan(values[at]):
                total *= values[at]
                count += 1
        out[row] = finite(total) if count > 0 else math.nan


@kernel
def list_mean(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        total, count = sum_floats(source, row)
        out[row] = finite(total / count) if count > 0 else math.nan


@inline
def _extreme(frame: Any, step: Any, sign: Any) -> None:
    """The greatest (sign 1) or least (sign -1) present element."""
    source = argument(frame, step, 0)
    out = new_values(frame, step, frame[ROWS], True)
    for row in range(frame[ROWS]):
        best = -1
        for at in range(list_start(source, row), list_end(source, row)):
            if not missing(source, at) and (best < 0 or precedes(source, best, source, at, sign)):
                best = at
        if best < 0:
            set_missing(out, row)
        else:
            copy_value(source, best, out, row)
            set_finite(out, row)


@kernel
def list_min(frame: Any, step: Any) -> None:
    _extreme(frame, step, -1)


@kernel
def list_max(frame: Any, step: Any) -> None:
    _extreme(frame, step, 1)


@inline
def _gap_integers(frame: Any, step: Any, sign: Any) -> None:
    """Missing where a distance does not fit in 64 bits."""
    source = argument(frame, step, 0)
    out, values = new_values(frame, step, frame[ROWS], True), words(source[DATA])
    for row in range(frame[ROWS]):
        best, before, fits = -1, -1, True
        for at in range(list_start(source, row), list_end(source, row)):
            if missing(source, at):
                continue
            if before >= 0 and fits:
                low, high = min(values[before], values[at]), max(values[before], values[at])
                gap, fits = integers.subtract(high, low)
                if best < 0 or (gap > best if sign > 0 else gap < best):
                    best = gap
            before = at
        absent = best < 0 or not fits
        words(out[DATA])[row], words(out[MORE])[row] = 0 if absent else best, 1 if absent else 0


@inline
def _gap_floats(frame: Any, step: Any, sign: Any) -> None:
    """Missing where a distance is not finite."""
    source = argument(frame, step, 0)
    out, values = floats(new_values(frame, step, frame[ROWS], False)[DATA]), floats(source[DATA])
    for row in range(frame[ROWS]):
        best, before, fits = -1.0, math.nan, True
        for at in range(list_start(source, row), list_end(source, row)):
            if math.isnan(values[at]):
                continue
            if not math.isnan(before):
                gap = math.fabs(values[at] - before)
                fits = fits and math.isfinite(gap)
                if best < 0 or (gap > best if sign > 0 else gap < best):
                    best = gap
            before = values[at]
        out[row] = best if best >= 0 and fits else math.nan


@inline
def _gap(frame: Any, step: Any, sign: Any) -> None:
    if argument(frame, step, 0)[KIND] == FLOAT:
        _gap_floats(frame, step, sign)
    else:
        _gap_integers(frame, step, sign)


@kernel
def list_gap_min(frame: Any, step: Any) -> None:
    _gap(frame, step, -1)


@kernel
def list_gap_max(frame: Any, step: Any) -> None:
    _gap(frame, step, 1)


@kernel
def list_count(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        present = 0
        for at in range(list_start(source, row), list_end(source, row)):
            if not missing(source, at):
                present += 1
        out[row] = present


@inline
def _weighted(source: Any, weights: Any, row: Any) -> Any:
    """Sum of the products, sum of the weights and number of the pairs; no pair where the lengths differ."""
    start, other = list_start(source, row), list_start(weights, row)
    count, pairs, total, mass = list_end(source, row) - start, 0, 0.0, 0.0
    if count != list_end(weights, row) - other:
        return total, mass, pairs
    for place in range(count):
        value, weight = floats(source[DATA])[start + place], floats(weights[DATA])[other + place]
        if not math.isnan(value) and not math.isnan(weight):
            total += value * weight
            mass += weight
            pairs += 1
    return total, mass, pairs


@kernel
def weighted_sum(frame: Any, step: Any) -> None:
    source, weights = argument(frame, step, 0), argument(frame, step, 1)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        total, _, pairs = _weighted(source, weights, row)
        out[row] = finite(total) if pairs > 0 else math.nan


@kernel
def weighted_mean(frame: Any, step: Any) -> None:
    source, weights = argument(frame, step, 0), argument(frame, step, 1)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        total, mass, pairs = _weighted(source, weights, row)
        out[row] = finite(total / mass) if pairs > 0 and mass != 0 else math.nan


list_sum = by_types(integers=_sum_integers.under("int64"), floats=_sum_floats.under("float64"))
list_prod = by_types(integers=_product_integers.under("int64"), floats=_product_floats.under("float64"))
