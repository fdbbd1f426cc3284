"""Counts of boundaries at most a value, by bisection."""

from __future__ import annotations

from typing import Any

from feature_dsl.kernels.jit import F64, I64, OUT_I64, kernel, void


@kernel(void, F64, F64, OUT_I64)
def count_floats(values: Any, edges: Any, out: Any) -> None:
    """``out[i]`` is how many of the rising ``edges`` are ≤ value i."""
    for row in range(len(out)):
        value, low, high = values[row], 0, len(edges)
        while low < high:
            middle = (low + high) // 2
            if edges[middle] <= value:
                low = middle + 1
            else:
                high = middle
        out[row] = low


@kernel(void, I64, I64, OUT_I64)
def count_ints(values: Any, edges: Any, out: Any) -> None:
    """``out[i]`` is how many of the rising ``edges`` are ≤ value i."""
    for row in range(len(out)):
        value, low, high = values[row], 0, len(edges)
        while low < high:
            middle = (low + high) // 2
            if edges[middle] <= value:
                low = middle + 1
            else:
                high = middle
        out[row] = low
