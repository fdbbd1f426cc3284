"""Rounding to places, signs, squares and limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from feature_dsl.operations.arithmetic import Number, numeric
from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import constant_int, count, floats, numbers
from feature_dsl.types import FLOAT, INT

_KERNELS = "feature_dsl.kernels.rounding"
WHOLE = 2.0**52
"""From here on every float64 is an integer."""
PLACES = 15


def half_away(value: float) -> float | None:
    """The nearest integer, halves away from zero, as C's round; None of what is not finite."""
    if not math.isfinite(value):
        return None
    size = abs(value)
    if size >= WHOLE:
        return value
    lower = math.floor(size)
    return math.copysign(float(lower + (size - lower >= 0.5)), value)


def _places_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    constant_int(arguments, 1, "the number of digits", -PLACES, PLACES)
    return Signature((*floats(1)(arguments[:1]).expected, INT), FLOAT)


def _to_places(value: float, digits: int) -> float | None:
    if not math.isfinite(value):
        return None
    scale = float(10 ** abs(digits))
    if digits < 0:
        rounded = half_away(value / scale)
        return None if rounded is None else rounded * scale
    if abs(value) >= WHOLE / scale:
        return value
    rounded = half_away(value * scale)
    return None if rounded is None else rounded / scale


def _sign(value: Number) -> Number:
    one = (value > 0) - (value < 0)
    return one if isinstance(value, int) else float(one)


def _sign_bounds(_: Sequence[Argument]) -> Bounds:
    return -1, 1


def _clip_rule(arguments: Sequence[Argument]) -> Signature:
    signature = numbers(3)(arguments)
    low, high = (argument.value for argument in arguments[1:])
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        raise TypeProblem("has a lowest value above its highest one", 1)
    return signature


def _clip(value: Number, low: Number, high: Number) -> Number:
    raised = low if low > value else value
    return high if high < raised else raised


def _clip_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    value, low, high = (argument.bounds for argument in arguments)
    raised = [bounds[0] for bounds in (value, low) if bounds]
    if high is None or not raised:
        return None
    most = min(high[1], max(value[1], low[1])) if value and low else high[1]
    return min(max(raised), high[0]), most


register(
    Operation(
        "round", 1, floats(1), numeric(half_away), f"{_KERNELS}:round_half_away",
        "Rounded to the nearest integer, halves away from zero (as C's round), a float64.",
        (("round(2.5)", "3.0"), ("round(-2.5)", "-3.0"), ("round(0.49999999999999994)", "0.0")), "arithmetic", lifts=(0,),
        signature="x: number → float64", notes=("rint rounds halves to the even one.", "A result of zero keeps the sign of x."),
    )
)  # fmt: skip
register(
    Operation(
        "roundp", 1, _places_rule, numeric(_to_places), f"{_KERNELS}:round_to_places",
        "Rounded to a number of decimal digits, halves away from zero: round(x * 10^digits) / 10^digits.",
        (("roundp(3.14159, 2)", "3.14"), ("roundp(1250, -2)", "1300.0"), ("roundp(2.675, 2)", "2.68")), "arithmetic", lifts=(0,),
        signature=f"x: number, digits: constant integer from -{PLACES} to {PLACES} → float64",
        notes=("Where |x| * 10^digits is 2^52 or more, x has no such digits and stays as it is.",
               "The product is rounded to a float64 before it is rounded to an integer, so 2.675 (which lies below 2.675) gives 2.68.",
               "Of negative digits: round(x / 10^-digits) * 10^-digits."),
    )
)  # fmt: skip
register(
    Operation(
        "sign", 1, numbers(1), numeric(_sign), f"{_KERNELS}:sign", "-1, 0 or 1 as the number is below, at or above zero.",
        (("sign(-3)", "-1"), ("sign(0)", "0"), ("sign(2.5)", "1.0")), "arithmetic", lifts=(0,), bounds=_sign_bounds,
        signature="x: number → number", notes=("Of -0.0 it is 0.0.",),
    )
)  # fmt: skip
register(
    Operation(
        "square", 1, numbers(1), numeric(lambda value: value * value), f"{_KERNELS}:square", "The number times itself.",
        (("square(-3)", "9"), ("square(1.5)", "2.25"), ("square(4000000000)", "missing")), "arithmetic", lifts=(0,),
        signature="x: number → number", notes=("An integer result that does not fit in 64 bits is missing.",),
    )
)  # fmt: skip
register(
    Operation(
        "clip", 1, _clip_rule, numeric(_clip), f"{_KERNELS}:clip",
        "The number, or the nearest of the two limits where it is outside of them.",
        (("clip(7, 0, 5)", "5"), ("clip(-1, 0, 5)", "0"), ("clip(0.5, 0, 1)", "0.5"), ('clip(1, "", 2)', "missing")),
        "arithmetic", lifts=(0,), bounds=_clip_bounds, signature="x: number, lowest: number, highest: number → number",
        notes=("Where the lowest is above the highest, the highest; of constants that is an error.",),
    )
)  # fmt: skip
