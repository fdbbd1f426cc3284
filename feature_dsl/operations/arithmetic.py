"""Arithmetic on numbers of one type: missing in, missing out; overflow and what is not finite are missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, register
from feature_dsl.operations.rules import finite, floats, in_range, numbers
from feature_dsl.types import Value

_KERNELS = "feature_dsl.kernels.arithmetic"
Number = int | float
_WRAP = "An integer result that does not fit in 64 bits is missing; it never wraps around."


def numeric(function: Callable[..., Number | None]) -> Callable[..., Value]:
    """A meaning from a function of present numbers: missing in, missing out; what overflows or is not finite is missing."""

    def meaning(*values: Number | None) -> Value:
        present = [value for value in values if value is not None]
        if len(present) != len(values):
            return None
        result = function(*present)
        if result is None:
            return None
        return in_range(result) if isinstance(result, int) else finite(result)

    return meaning


def _divide(left: float, right: float) -> float | None:
    return None if right == 0 else left / right


def _floor_divide(left: Number, right: Number) -> Number | None:
    if right == 0:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    quotient = left / right
    return float(math.floor(quotient)) if math.isfinite(quotient) else None


def _modulo(left: Number, right: Number) -> Number | None:
    return None if right == 0 or math.isinf(left) else left % right


def _floor_mod_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    divisor = arguments[1].value
    return (0, divisor - 1) if isinstance(divisor, int) and divisor > 0 else None


def _rounded(function: Callable[[float], int]) -> Callable[[float], float | None]:
    def rounded(value: float) -> float | None:
        return math.copysign(float(function(value)), value) if math.isfinite(value) else None

    return rounded


_BINARY: tuple[
    tuple[str, Callable[..., Number | None], str, tuple[tuple[str, str], ...], Callable[..., Bounds | None] | None, tuple[str, ...]],
    ...,
] = (
    ("add", lambda a, b: a + b, "Sum.", (("add(1, 2)", "3"), ("1 + 0.5", "1.5"), ('1 + ""', "missing"),
     ("9223372036854775807 + 1", "missing")), None, (_WRAP,)),
    ("sub", lambda a, b: a - b, "Difference.", (("sub(1, 2)", "-1"), ("0.5 - 1", "-0.5")), None, (_WRAP,)),
    ("mul", lambda a, b: a * b, "Product.", (("mul(3, 4)", "12"), ("9223372036854775807 * 2", "missing")), None,
     (_WRAP, "0 * missing is missing.")),
    ("floordiv", _floor_divide, "Quotient rounded down; of floats the rounded quotient's floor; by zero missing.",
     (("floordiv(-7, 2)", "-4"), ("floordiv(7.5, 2)", "3.0"), ("floordiv(1, 0)", "missing")), None,
     ("Towards negative infinity, where C, Spark and SQL round towards zero.",)),
    ("mod", _modulo, "What floordiv leaves: it has the divisor's sign; by zero missing.",
     (("mod(-7, 3)", "2"), ("7.5 % 2", "1.5"), ("mod(7, -3)", "-2"), ("mod(1, 0)", "missing")), _floor_mod_bounds,
     ("Of floats: the exact remainder, as C's fmod, and the divisor added where the signs differ.",)),
)  # fmt: skip
for _name, _function, _doc, _examples, _bounds, _notes in _BINARY:
    register(
        Operation(
            _name, 1, numbers(2), numeric(_function), f"{_KERNELS}:{_name}", _doc, _examples, "arithmetic",
            lifts=(0, 1), bounds=_bounds, signature="a: number, b: number → number", notes=_notes,
        )
    )  # fmt: skip
register(
    Operation(
        "div", 1, floats(2), numeric(_divide), f"{_KERNELS}:div", "Quotient as float64, of integers too; by zero missing.",
        (("div(1, 2)", "0.5"), ("1 / 0", "missing")), "arithmetic", lifts=(0, 1), signature="a: number, b: number → float64",
        notes=("Integers become floats first, each rounded to the nearest: above 2^53 digits are lost.",),
    )
)  # fmt: skip
_UNARY: tuple[tuple[str, Callable[..., Number | None], str, tuple[tuple[str, str], ...]], ...] = (
    ("neg", lambda a: -a, "The number with the other sign.", (("neg(3)", "-3"), ("neg(1.5)", "-1.5"))),
    ("abs", abs, "The number without its sign.", (("abs(-3)", "3"),)),
)
for _name, _function, _doc, _unary_examples in _UNARY:
    register(
        Operation(
            _name, 1, numbers(1), numeric(_function), f"{_KERNELS}:{_name}", _doc, _unary_examples, "arithmetic",
            lifts=(0,), signature="x: number → number", notes=("Of the lowest int64 missing: its opposite does not fit.",),
        )
    )  # fmt: skip
_ROUNDING: tuple[tuple[str, Callable[[float], int], str, tuple[tuple[str, str], ...]], ...] = (
    ("floor", math.floor, "Rounded down, a float64.", (("floor(-1.5)", "-2.0"),)),
    ("ceil", math.ceil, "Rounded up, a float64.", (("ceil(1.2)", "2.0"),)),
    ("trunc", math.trunc, "Rounded towards zero, a float64.", (("trunc(-1.7)", "-1.0"),)),
    ("rint", round, "Rounded to the nearest, halves to the even one, a float64.",
     (("rint(2.5)", "2.0"), ("rint(3.5)", "4.0"))),
)  # fmt: skip
for _name, _round, _doc, _unary_examples in _ROUNDING:
    register(
        Operation(
            _name, 1, floats(1), numeric(_rounded(_round)), f"{_KERNELS}:{_name}", _doc, _unary_examples, "arithmetic",
            lifts=(0,), signature="x: number → float64", notes=("A result of zero keeps the sign of x.",),
        )
    )  # fmt: skip
