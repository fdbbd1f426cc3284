"""Mathematical functions, those of the C library: of numbers, taken as float64; what is not finite is missing."""

from __future__ import annotations

import math
from collections.abc import Callable

from feature_dsl.operations.base import Operation, register
from feature_dsl.operations.rules import finite, floats
from feature_dsl.types import Value

_KERNELS = "feature_dsl.kernels.maths"


def guarded(function: Callable[..., float]) -> Callable[..., Value]:
    """A meaning from a function of floats: missing in, missing out; what it does not define, or is not finite, is missing."""

    def meaning(*values: float | None) -> Value:
        present = [value for value in values if value is not None]
        if len(present) != len(values):
            return None
        try:
            return finite(function(*present))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None  # outside the function's domain: not finite

    return meaning


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    power = math.exp(value)
    return power / (1.0 + power)


_FUNCTIONS: tuple[tuple[str, int, Callable[..., float], str, tuple[tuple[str, str], ...]], ...] = (
    ("log", 1, math.log, "Natural logarithm.", (("log(1)", "0.0"), ("log(0)", "missing"), ("log(-1)", "missing"))),
    ("log2", 1, math.log2, "Logarithm to base 2.", (("log2(8)", "3.0"),)),
    ("log10", 1, math.log10, "Logarithm to base 10.", (("log10(1000)", "3.0"),)),
    ("log1p", 1, math.log1p, "Natural logarithm of one more.", (("log1p(0)", "0.0"), ("log1p(-1)", "missing"))),
    ("exp", 1, math.exp, "e to the power.", (("exp(0)", "1.0"), ("exp(1000)", "missing"))),
    ("sqrt", 1, math.sqrt, "Square root.", (("sqrt(9)", "3.0"), ("sqrt(-1)", "missing"))),
    ("sigmoid", 1, _sigmoid, "1 / (1 + exp(-x)).", (("sigmoid(0)", "0.5"),)),
    ("pow", 2, math.pow, "The first to the power of the second.", (("pow(2, 10)", "1024.0"), ("pow(0, -1)", "missing"))),
)  # fmt: skip
for _name, _arity, _function, _doc, _examples in _FUNCTIONS:
    register(
        Operation(
            _name, 1, floats(_arity), guarded(_function), f"{_KERNELS}:{_name}", _doc, _examples, "maths",
            lifts=tuple(range(_arity)),
            signature="x: number → float64" if _arity == 1 else "base: number, exponent: number → float64",
        )
    )  # fmt: skip
