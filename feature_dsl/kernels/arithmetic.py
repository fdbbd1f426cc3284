"""Kernels of arithmetic: overflow and results that are not finite are missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from feature_dsl.machine import integers
from feature_dsl.machine.compiled import by_types
from feature_dsl.machine.elementwise import elementwise

_LOWEST = -(2**63)
_INTEGERS, _FLOATS = ("int64", "int64"), ("float64", "float64")


@elementwise(_INTEGERS, "int64?")
def _add(a: Any, b: Any) -> Any:
    return integers.add(a, b)


@elementwise(_FLOATS, "float64")
def _add_floats(a: Any, b: Any) -> Any:
    return a + b


@elementwise(_INTEGERS, "int64?")
def _sub(a: Any, b: Any) -> Any:
    return integers.subtract(a, b)


@elementwise(_FLOATS, "float64")
def _sub_floats(a: Any, b: Any) -> Any:
    return a - b


@elementwise(_INTEGERS, "int64?")
def _mul(a: Any, b: Any) -> Any:
    return integers.multiply(a, b)


@elementwise(_FLOATS, "float64")
def _mul_floats(a: Any, b: Any) -> Any:
    return a * b


@elementwise(_INTEGERS, "int64?")
def _floordiv(a: Any, b: Any) -> Any:
    if b == 0 or (b == -1 and a == _LOWEST):
        return 0, False
    return a // b, True


@elementwise(_FLOATS, "float64")
def _floordiv_floats(a: Any, b: Any) -> Any:
    return math.nan if b == 0 else np.floor(a / b) + 0.0


@elementwise(_INTEGERS, "int64?")
def _mod(a: Any, b: Any) -> Any:
    if b == 0:
        return 0, False
    return (0 if b == -1 else a % b), True  # by -1 nothing is left, and the lowest integer would overflow


@elementwise(_FLOATS, "float64")
def _mod_floats(a: Any, b: Any) -> Any:
    """As Python's float.__mod__ (CPython's float_rem): the C library's fmod, moved to the divisor's sign."""
    if b == 0 or math.isinf(a):
        return math.nan
    rest = np.fmod(a, b)
    if rest == 0:
        return math.copysign(0.0, b)
    return rest + b if (b < 0) != (rest < 0) else rest


@elementwise(_FLOATS, "float64")
def div(a: Any, b: Any) -> Any:
    return math.nan if b == 0 else a / b


@elementwise(("int64",), "int64?")
def _neg(a: Any) -> Any:
    return -a, a != _LOWEST


@elementwise(("float64",), "float64")
def _neg_floats(a: Any) -> Any:
    return -a


@elementwise(("int64",), "int64?")
def _abs(a: Any) -> Any:
    return (-a if a < 0 else a), a != _LOWEST


@elementwise(("float64",), "float64")
def _abs_floats(a: Any) -> Any:
    return math.fabs(a)


add = by_types(integers=_add, floats=_add_floats)
sub = by_types(integers=_sub, floats=_sub_floats)
mul = by_types(integers=_mul, floats=_mul_floats)
floordiv = by_types(integers=_floordiv, floats=_floordiv_floats)
mod = by_types(integers=_mod, floats=_mod_floats)
neg = by_types(integers=_neg, floats=_neg_floats)
abs = by_types(integers=_abs, floats=_abs_floats)


@elementwise(("float64",), "float64")
def floor(a: Any) -> Any:
    return np.floor(a)


@elementwise(("float64",), "float64")
def ceil(a: Any) -> Any:
    return np.ceil(a)


@elementwise(("float64",), "float64")
def trunc(a: Any) -> Any:
    return np.trunc(a)


@elementwise(("float64",), "float64")
def rint(a: Any) -> Any:
    return np.rint(a)
