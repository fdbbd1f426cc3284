"""Kernels of variance and standard deviation, in two passes."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.kernels.combiners import finite, sum_floats
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats
from feature_dsl.machine.registers import DATA, ROWS, argument, inline, list_end, list_start, new_values


@inline
def _variance(source: Any, row: Any, fewer: Any) -> Any:
    """The squared distances from the mean, by the number of present elements less ``fewer``; NaN where that is 0."""
    total, count = sum_floats(source, row)
    if count <= fewer:
        return math.nan
    mean, squares, values = total / count, 0.0, floats(source[DATA])
    for at in range(list_start(source, row), list_end(source, row)):
        if not math.isnan(values[at]):
            squares += (values[at] - mean) * (values[at] - mean)
    return finite(squares / (count - fewer))


@inline
def _spread(frame: Any, step: Any, fewer: Any, root: Any) -> None:
    source = argument(frame, step, 0)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        variance = _variance(source, row, fewer)
        out[row] = math.sqrt(variance) if root else variance


@kernel
def variance(frame: Any, step: Any) -> None:
    _spread(frame, step, 1, False)


@kernel
def pop_variance(frame: Any, step: Any) -> None:
    _spread(frame, step, 0, False)


@kernel
def std_dev(frame: Any, step: Any) -> None:
    _spread(frame, step, 1, True)


@kernel
def pop_std_dev(frame: Any, step: Any) -> None:
    _spread(frame, step, 0, True)
