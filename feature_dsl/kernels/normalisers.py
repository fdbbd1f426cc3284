"""Kernels of normalisers; their constants are arguments like others."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.machine.elementwise import elementwise

_NUMBERS = ("float64",) * 3


@elementwise(_NUMBERS, "float64")
def zscore(value: Any, mean: Any, deviation: Any) -> Any:
    return (value - mean) / deviation


@elementwise(_NUMBERS, "float64")
def minmax(value: Any, low: Any, high: Any) -> Any:
    return (value - low) / (high - low)


@elementwise(_NUMBERS, "float64")
def log10_above(value: Any, threshold: Any, default: Any) -> Any:
    return math.log10(value) if value > threshold else default
