"""Least, greatest, sum and mean of several numbers, from left to right; one missing makes the result missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from feature_dsl.operations.arithmetic import Number, numeric
from feature_dsl.operations.base import Argument, Bounds, Operation, register
from feature_dsl.operations.rules import floats, in_range, numbers

_KERNELS = "feature_dsl.kernels.totals"
MOST = 32
"""Arguments that one call takes; lists have reductions of their own."""


def _least(arguments: Sequence[Argument]) -> Bounds | None:
    return _pairwise(arguments, min)


def _most(arguments: Sequence[Argument]) -> Bounds | None:
    return _pairwise(arguments, max)


def _pairwise(arguments: Sequence[Argument], pick: Callable[[list[int]], int]) -> Bounds | None:
    known = [argument.bounds for argument in arguments if argument.bounds is not None]
    if len(known) != len(arguments):
        return None
    return pick([low for low, _ in known]), pick([high for _, high in known])


def _minimum(*values: Number) -> Number:
    return reduce(lambda least, value: value if value < least else least, values)


def _maximum(*values: Number) -> Number:
    return reduce(lambda greatest, value: value if value > greatest else greatest, values)


def _sum(*values: Number) -> Number | None:
    total = values[0]
    for value in values[1:]:
        total += value
        if isinstance(total, int) and in_range(total) is None:
            return None
    return total


def _mean(*values: float) -> float:
    return reduce(lambda total, value: total + value, values) / len(values)


for _name, _function, _doc, _examples, _bounds in (
    ("min", _minimum, "The least of two or more.",
     (("min(1, 2)", "1"), ('min(1, "")', "missing"), ("min(3, 1, 2.5)", "1.0")), _least),
    ("max", _maximum, "The greatest of two or more.", (("max(1, 2.5)", "2.5"), ("max(1, 3, 2)", "3")), _most),
):  # fmt: skip
    register(
        Operation(
            _name, 1, numbers(2, MOST), numeric(_function), f"{_KERNELS}:{_name}", _doc, _examples, "arithmetic",
            lifts=tuple(range(MOST)), bounds=_bounds, signature="a: number, b: number, … → number",
            notes=("The first of equal ones, so min(0.0, -0.0) is 0.0.", f"At most {MOST} arguments; of a list's elements: list_{_name}."),
        )
    )  # fmt: skip
register(
    Operation(
        "sum", 1, numbers(2, MOST), numeric(_sum), f"{_KERNELS}:sum_of", "The sum of two or more, from left to right.",
        (("sum(1, 2, 3)", "6"), ("sum(1, 0.5)", "1.5"), ('sum(1, "")', "missing")), "arithmetic", lifts=tuple(range(MOST)),
        signature="a: number, b: number, … → number",
        notes=("What a + b + … gives: integers whose sum leaves 64 bits on the way are missing.",
               f"At most {MOST} arguments; of a list's elements: list_sum."),
    )
)  # fmt: skip
register(
    Operation(
        "avg", 1, floats(2, MOST), numeric(_mean), f"{_KERNELS}:mean_of",
        "The mean of two or more: their sum, as float64, by their number.",
        (("avg(1, 2)", "1.5"), ("avg(1, 2, 6)", "3.0"), ('avg(1, "")', "missing")), "arithmetic", lifts=tuple(range(MOST)),
        signature="a: number, b: number, … → float64", notes=(f"At most {MOST} arguments; of a list's elements: list_mean.",),
    )
)  # fmt: skip
