"""Trigonometric and hyperbolic functions by the C library, value by value."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.machine.elementwise import elementwise


@elementwise(("float64",), "float64")
def sin(a: Any) -> Any:
    return math.sin(a)


@elementwise(("float64",), "float64")
def cos(a: Any) -> Any:
    return math.cos(a)


@elementwise(("float64",), "float64")
def tan(a: Any) -> Any:
    return math.tan(a)


@elementwise(("float64",), "float64")
def asin(a: Any) -> Any:
    return math.asin(a)


@elementwise(("float64",), "float64")
def acos(a: Any) -> Any:
    return math.acos(a)


@elementwise(("float64",), "float64")
def atan(a: Any) -> Any:
    return math.atan(a)


@elementwise(("float64",), "float64")
def sinh(a: Any) -> Any:
    return math.sinh(a)


@elementwise(("float64",), "float64")
def cosh(a: Any) -> Any:
    return math.cosh(a)


@elementwise(("float64",), "float64")
def tanh(a: Any) -> Any:
    return math.tanh(a)


@elementwise(("float64",), "float64")
def asinh(a: Any) -> Any:
    return math.asinh(a)


@elementwise(("float64",), "float64")
def acosh(a: Any) -> Any:
    return math.acosh(a)


@elementwise(("float64",), "float64")
def atanh(a: Any) -> Any:
    return math.atanh(a)


@elementwise(("float64", "float64"), "float64")
def atan2(y: Any, x: Any) -> Any:
    return math.atan2(y, x)
