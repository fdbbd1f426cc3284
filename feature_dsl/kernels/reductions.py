"""Compiled reductions of lists, element by element from left to right, so that sums have one rounding."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.kernels.jit import B1, F64, I64, OUT_B1, OUT_F64, OUT_I64, i64, kernel, void


@kernel(void, F64, I64, OUT_F64, OUT_I64)
def sum_floats(values: Any, offsets: Any, out: Any, counts: Any) -> None:
    """Sum and number of the elements that are not NaN."""
    for row in range(len(out)):
        total, count = 0.0, 0
        for at in range(offsets[row], offsets[row + 1]):
            if not math.isnan(values[at]):
                total += values[at]
                count += 1
        out[row] = total
        counts[row] = count


@kernel(void, I64, B1, I64, OUT_I64, OUT_B1)
def sum_ints(values: Any, skipped: Any, offsets: Any, out: Any, missing: Any) -> None:
    """Sum of the elements that are not skipped; missing where there is none or a partial sum overflows."""
    for row in range(len(out)):
        total, absent = 0, True
        for at in range(offsets[row], offsets[row + 1]):
            if skipped[at]:
                continue
            value = values[at]
            following = total + value
            if ((total ^ following) & (value ^ following)) < 0:
                absent = True
                break
            total, absent = following, False
        out[row] = 0 if absent else total
        missing[row] = absent


@kernel(void, F64, I64, i64, OUT_F64)
def extreme_floats(values: Any, offsets: Any, sign: Any, out: Any) -> None:
    """The greatest (sign 1) or least (sign -1) element, NaN where there is none."""
    for row in range(len(out)):
        best = math.nan
        for at in range(offsets[row], offsets[row + 1]):
            value = values[at]
            if not math.isnan(value) and (math.isnan(best) or (value > best if sign > 0 else value < best)):
                best = value
        out[row] = best


@kernel(void, I64, B1, I64, i64, OUT_I64, OUT_B1)
def extreme_ints(values: Any, skipped: Any, offsets: Any, sign: Any, out: Any, missing: Any) -> None:
    """The greatest (sign 1) or least (sign -1) element that is not skipped."""
    for row in range(len(out)):
        best, absent = 0, True
        for at in range(offsets[row], offsets[row + 1]):
            value = values[at]
            if not skipped[at] and (absent or (value > best if sign > 0 else value < best)):
                best, absent = value, False
        out[row] = best
        missing[row] = absent
