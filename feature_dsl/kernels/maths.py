"""Mathematical functions by the C library, value by value, so that a row's result never depends on its neighbours."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.machine.elementwise import elementwise


@elementwise(("float64",), "float64")
def log(a: Any) -> Any:
    return math.log(a)


@elementwise(("float64",), "float64")
def log2(a: Any) -> Any:
    return math.log2(a)


@elementwise(("float64",), "float64")
def log10(a: Any) -> Any:
    return math.log10(a)


@elementwise(("float64",), "float64")
def log1p(a: Any) -> Any:
    return math.log1p(a)


@elementwise(("float64",), "float64")
def exp(a: Any) -> Any:
    return math.exp(a)


@elementwise(("float64",), "float64")
def sqrt(a: Any) -> Any:
    return math.sqrt(a)


@elementwise(("float64",), "float64")
def sigmoid(a: Any) -> Any:
    if a >= 0:
        return 1.0 / (1.0 + math.exp(-a))
    power = math.exp(a)
    return power / (1.0 + power)


@elementwise(("float64", "float64"), "float64")
def pow(base: Any, exponent: Any) -> Any:
    return math.pow(base, exponent)
