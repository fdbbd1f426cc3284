"""Kernels of rounding to places, signs, squares and limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from feature_dsl.machine import integers
from feature_dsl.machine.compiled import by_types
from feature_dsl.machine.elementwise import elementwise, for_types
from feature_dsl.machine.registers import inline

_WHOLE = 4503599627370496.0  # 2^52: from here on every float64 is an integer


@inline
def _half_away(value: Any) -> Any:
    size = math.fabs(value)
    if not size < _WHOLE:
        return value
    lower = np.floor(size)
    return math.copysign(lower + 1.0 if size - lower >= 0.5 else lower, value)


@elementwise(("float64",), "float64")
def round_half_away(value: Any) -> Any:
    return _half_away(value)


@elementwise(("float64", "int64"), "float64")
def round_to_places(value: Any, digits: Any) -> Any:
    scale = 1.0
    for _ in range(-digits if digits < 0 else digits):
        scale *= 10.0  # exact up to 10^22
    if digits < 0:
        return _half_away(value / scale) * scale
    if not math.fabs(value) < _WHOLE / scale:
        return value
    return _half_away(value * scale) / scale


@elementwise(("int64",), "int64")
def _sign(value: Any) -> Any:
    return 1 if value > 0 else (-1 if value < 0 else 0)


@elementwise(("float64",), "float64")
def _sign_float(value: Any) -> Any:
    return 1.0 if value > 0 else (-1.0 if value < 0 else 0.0)


@elementwise(("int64",), "int64?")
def _square(value: Any) -> Any:
    return integers.multiply(value, value)


@elementwise(("float64",), "float64")
def _square_float(value: Any) -> Any:
    return value * value


@for_types(("int64", "float64"), 3)
def clip(value: Any, low: Any, high: Any) -> Any:
    raised = low if low > value else value
    return high if high < raised else raised


sign = by_types(integers=_sign, floats=_sign_float)
square = by_types(integers=_square, floats=_square_float)
