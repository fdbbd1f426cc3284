"""Variance and standard deviation of a list's present elements, in two passes from left to right."""

from __future__ import annotations

import math
from collections.abc import Callable

from feature_dsl.operations.base import Operation, register
from feature_dsl.operations.combiners import List, present
from feature_dsl.operations.rules import finite, reduction
from feature_dsl.types import FLOAT, Value

_KERNELS = "feature_dsl.kernels.statistics"


def _variance(values: List, fewer: int) -> float | None:
    """The squared distances from the mean, by the number of elements less ``fewer``."""
    numbers = [float(value) for value in present(values)]
    if len(numbers) <= fewer:
        return None
    mean = 0.0
    for value in numbers:
        mean += value
    mean /= len(numbers)
    total = 0.0
    for value in numbers:
        total += (value - mean) * (value - mean)
    return finite(total / (len(numbers) - fewer))


def _spread(fewer: int, root: bool) -> Callable[[List], Value]:
    def meaning(values: List) -> Value:
        variance = _variance(values, fewer)
        return math.sqrt(variance) if root and variance is not None else variance

    return meaning


_SAMPLE = "Of fewer than two elements missing."
_OTHERS = "EasyRec's FG gives the two names the other way round: its variance divides by n."
for _name, _fewer, _root, _doc, _examples, _notes in (
    ("variance", 1, False, "Sample variance: the squared distances from the mean, by n - 1.",
     (("variance(array(1, 2, 3))", "1.0"), ("variance(array(1))", "missing")), (_SAMPLE, _OTHERS)),
    ("pop_variance", 0, False, "Population variance: the squared distances from the mean, by n.",
     (("pop_variance(array(1, 3))", "1.0"), ("pop_variance(array(1))", "0.0")), ("Of no element missing.", _OTHERS)),
    ("std_dev", 1, True, "Sample standard deviation: the root of variance.",
     (("std_dev(array(1, 3, 5))", "2.0"), ("std_dev(array(1))", "missing")), (_SAMPLE, _OTHERS)),
    ("pop_std_dev", 0, True, "Population standard deviation: the root of pop_variance.",
     (("pop_std_dev(array(1, 3))", "1.0"), ('pop_std_dev(array(1, ""))', "0.0")), ("Of no element missing.", _OTHERS)),
):  # fmt: skip
    register(
        Operation(
            _name, 1, reduction(FLOAT), _spread(_fewer, _root), f"{_KERNELS}:{_name}", _doc, _examples, "combiners",
            signature="list of numbers → float64", notes=_notes,
        )
    )  # fmt: skip
