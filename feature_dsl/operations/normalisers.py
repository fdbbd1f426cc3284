"""Normalisers of numbers by constants that training fixed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.maths import guarded
from feature_dsl.operations.rules import count, floats
from feature_dsl.types import FLOAT

_KERNELS = "feature_dsl.kernels.normalisers"
_SILENT = "A missing number stays missing: give it a value before (coalesce) or after."


def _constants(arguments: Sequence[Argument], first: str, second: str) -> tuple[Signature, float, float]:
    count(arguments, 3)
    found = []
    for index, what in ((1, first), (2, second)):
        value = arguments[index].value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TypeProblem(f"wants a constant number as {what}", index)
        found.append(float(value))
    return Signature((*floats(1)(arguments[:1]).expected, FLOAT, FLOAT), FLOAT), found[0], found[1]


def _zscore_rule(arguments: Sequence[Argument]) -> Signature:
    signature, _, deviation = _constants(arguments, "mean", "standard deviation")
    if deviation <= 0:
        raise TypeProblem("wants a standard deviation above zero", 2)
    return signature


def _minmax_rule(arguments: Sequence[Argument]) -> Signature:
    signature, low, high = _constants(arguments, "least value", "greatest value")
    if low >= high or not math.isfinite(high - low):
        raise TypeProblem("wants a least value below the greatest, and both within the range of float64", 1)
    return signature


def _log10_rule(arguments: Sequence[Argument]) -> Signature:
    signature, threshold, _ = _constants(arguments, "threshold", "default")
    if threshold < 0:
        raise TypeProblem("wants a threshold of at least zero", 1, "no number up to zero has a logarithm")
    return signature


def _zscore(value: float, mean: float, deviation: float) -> float:
    return (value - mean) / deviation


def _minmax(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low)


def _log10_above(value: float, threshold: float, default: float) -> float:
    return math.log10(value) if value > threshold else default


register(
    Operation(
        "zscore", 1, _zscore_rule, guarded(_zscore), f"{_KERNELS}:zscore", "How many standard deviations above the mean: (x - mean) / sd.",
        (("zscore(5, 3, 2)", "1.0"), ('zscore("", 3, 2)', "missing")), "normalisers", lifts=(0,),
        signature="x: number, mean: constant number, sd: constant number above 0 → float64", notes=(_SILENT,),
    )
)  # fmt: skip
register(
    Operation(
        "minmax", 1, _minmax_rule, guarded(_minmax), f"{_KERNELS}:minmax", "The place between two values: (x - min) / (max - min).",
        (("minmax(5, 0, 10)", "0.5"), ("minmax(15, 0, 10)", "1.5"), ('minmax("", 0, 1)', "missing")), "normalisers", lifts=(0,),
        signature="x: number, min: constant number, max: constant number above min → float64",
        notes=("Values outside are not clipped; clip(minmax(x, a, b), 0, 1) does.", _SILENT),
    )
)  # fmt: skip
register(
    Operation(
        "log10_above", 1, _log10_rule, guarded(_log10_above), f"{_KERNELS}:log10_above",
        "Logarithm to base 10 of what is above the threshold, else the default.",
        (("log10_above(100, 0, -10)", "2.0"), ("log10_above(0, 0, -10)", "-10.0"), ('log10_above("", 0, -10)', "missing")),
        "normalisers", lifts=(0,),
        signature="x: number, threshold: constant number of at least 0, default: constant number → float64", notes=(_SILENT,),
    )
)  # fmt: skip
