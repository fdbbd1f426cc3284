"""Kernels of arithmetic: overflow and results that are not finite are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.columns import BoolArray, Call, Floats, Ints

Array = npt.NDArray[Any]
_LOWEST = np.iinfo(np.int64).min


def finite(values: Array) -> Floats:
    """Floats with inf as missing."""
    values = np.asarray(values, np.float64)
    return Floats(np.where(np.isfinite(values), values, np.nan))


def _masked(values: Array, bad: BoolArray) -> Ints:
    return Ints(np.where(bad, 0, values), bad) if bad.any() else Ints(values)


def _binary(
    integers: Callable[[Array, Array], tuple[Array, BoolArray]], floats: Callable[[Array, Array], Array]
) -> Callable[[Call], Ints | Floats]:
    def kernel(call: Call) -> Ints | Floats:
        left, right = call.args
        with np.errstate(all="ignore"):
            if isinstance(left, Floats):
                return finite(floats(left.values, right.values))
            values, bad = integers(left.values, right.values)
            return _masked(values, bad | left.missing() | right.missing())

    return kernel


def _add(a: Array, b: Array) -> tuple[Array, BoolArray]:
    total = a + b
    return total, ((a ^ total) & (b ^ total)) < 0


def _sub(a: Array, b: Array) -> tuple[Array, BoolArray]:
    difference = a - b
    return difference, ((a ^ b) & (a ^ difference)) < 0


def _mul(a: Array, b: Array) -> tuple[Array, BoolArray]:
    product = a * b
    risky = (a == -1) & (b == _LOWEST)
    divisor = np.where((a == 0) | risky, 1, a)
    wrong = (product // divisor != b) | (product % divisor != 0)
    # a == -1 divides the lowest integer only where the product is it, which is right for b == its negation alone
    return product, np.where(a == 0, False, risky | np.where(a == -1, b == _LOWEST, wrong))


def _safe(a: Array, b: Array) -> tuple[Array, BoolArray]:
    bad = (b == 0) | ((b == -1) & (a == _LOWEST))
    return np.where(bad, 1, b), bad


def _floordiv(a: Array, b: Array) -> tuple[Array, BoolArray]:
    divisor, bad = _safe(a, b)
    return a // divisor, bad


def _mod(a: Array, b: Array) -> tuple[Array, BoolArray]:
    divisor = np.where((b == 0) | (b == -1), 1, b)  # by -1 as by 1: nothing is left
    return a % divisor, np.broadcast_to(b == 0, np.broadcast(a, b).shape)


def _mod_floats(a: Array, b: Array) -> Array:
    return np.where(b == 0, np.nan, np.mod(a, np.where(b == 0, 1.0, b)))


def _nothing_bad(values: Array) -> BoolArray:
    return np.zeros(len(values), np.bool_)


def _lesser(a: Array, b: Array) -> Array:
    return np.where(np.isnan(b) | (b < a), b, a)


def _greater(a: Array, b: Array) -> Array:
    return np.where(np.isnan(b) | (b > a), b, a)


def _least(a: Array, b: Array) -> tuple[Array, BoolArray]:
    values = np.where(b < a, b, a)
    return values, _nothing_bad(values)


def _most(a: Array, b: Array) -> tuple[Array, BoolArray]:
    values = np.where(b > a, b, a)
    return values, _nothing_bad(values)


add = _binary(_add, np.add)
sub = _binary(_sub, np.subtract)
mul = _binary(_mul, np.multiply)
floordiv = _binary(_floordiv, lambda a, b: np.floor(a / b) + 0.0)
mod = _binary(_mod, _mod_floats)
min = _binary(_least, _lesser)
max = _binary(_most, _greater)


def div(call: Call) -> Floats:
    with np.errstate(all="ignore"):
        return finite(call.args[0].values / call.args[1].values)


def _unary(function: Callable[[Array], Array]) -> Callable[[Call], Ints | Floats]:
    def kernel(call: Call) -> Ints | Floats:
        (value,) = call.args
        with np.errstate(all="ignore"):
            if isinstance(value, Floats):
                return finite(function(value.values))
            return _masked(function(value.values), (value.values == _LOWEST) | value.missing())

    return kernel


neg = _unary(np.negative)
abs = _unary(np.abs)


def _rounding(function: Callable[[Array], Array]) -> Callable[[Call], Floats]:
    return lambda call: finite(function(call.args[0].values))


floor = _rounding(np.floor)
ceil = _rounding(np.ceil)
trunc = _rounding(np.trunc)
rint = _rounding(np.rint)
