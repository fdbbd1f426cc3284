"""Combiners: one number from a list's present elements, from left to right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, register
from feature_dsl.operations.rules import a_list, a_vector, count, finite, in_range, not_negative, of_first, reduction
from feature_dsl.types import FLOAT, INT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.combiners"
Number = int | float
List = tuple[Scalar, ...]


def present(values: List) -> list[Number]:
    """The numbers that are there."""
    return [value for value in values if isinstance(value, int | float)]


def bounded(value: Number) -> Number | None:
    """The number, or missing where it is infinite or does not fit in 64 bits."""
    return in_range(value) if isinstance(value, int) else finite(value)


def _folded(step: Callable[[Number, Number], Number], start: int) -> Callable[[List], Value]:
    def meaning(values: List) -> Value:
        total: Number | None = None
        for value in present(values):
            total = step(start if total is None else total, value)
            total = in_range(total) if isinstance(total, int) else total
            if total is None:
                return None
        return None if total is None else bounded(total)

    return meaning


def _mean(values: List) -> Value:
    numbers = present(values)
    total = 0.0
    for value in numbers:
        total += value
    return finite(total / len(numbers)) if numbers else None


def _extreme(better: Callable[[Number, Number], bool]) -> Callable[[List], Value]:
    def meaning(values: List) -> Value:
        best: Number | None = None
        for value in present(values):
            if best is None or better(value, best):
                best = value
        return None if best is None else bounded(best)

    return meaning


def _gap(pick: Callable[[Iterator[Number]], Number]) -> Callable[[List], Value]:
    def meaning(values: List) -> Value:
        numbers = present(values)
        gaps = [bounded(abs(after - before)) for before, after in pairwise(numbers)]
        known = [gap for gap in gaps if gap is not None]
        return pick(iter(known)) if known and len(known) == len(gaps) else None

    return meaning


def _count_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1)
    return Signature((a_list(arguments),), INT)


def _count(values: List) -> Value:
    return sum(value is not None for value in values)


def _weighted_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    a_vector(arguments, 0)
    a_vector(arguments, 1)
    return Signature((FLOAT.as_list, FLOAT.as_list), FLOAT)


def _weighted(values: List, weights: List) -> tuple[float, float] | None:
    pairs = [
        (value, weight) for value, weight in zip(values, weights, strict=False) if isinstance(value, float) and isinstance(weight, float)
    ]
    if len(values) != len(weights) or not pairs:
        return None
    total = mass = 0.0
    for value, weight in pairs:
        total += value * weight
        mass += weight
    return total, mass


def _weighted_sum(values: List, weights: List) -> Value:
    sums = _weighted(values, weights)
    return None if sums is None else finite(sums[0])


def _weighted_mean(values: List, weights: List) -> Value:
    sums = _weighted(values, weights)
    return None if sums is None or sums[1] == 0 else finite(sums[0] / sums[1])


_OVER = "Of integers missing where it leaves 64 bits on the way."
_REDUCTIONS: tuple[
    tuple[str, Type | None, Callable[[List], Value], Callable[[Sequence[Argument]], Bounds | None] | None, str,
          tuple[tuple[str, str], ...], tuple[str, ...]], ...
] = (
    ("list_sum", None, _folded(lambda a, b: a + b, 0), None, "Sum of the present elements, from left to right; of none missing.",
     (("list_sum(array(1, 2, 3))", "6"), ('list_sum(array(1, ""))', "1")), (_OVER,)),
    ("list_mean", FLOAT, _mean, None, "Mean of the present elements.", (("list_mean(array(1, 2))", "1.5"),),
     ("Their sum as float64, by their number; of none missing.",)),
    ("list_min", None, _extreme(lambda a, b: a < b), of_first, "Least present element.", (("list_min(array(2, 1))", "1"),),
     ("The first of equal ones; of none missing.",)),
    ("list_max", None, _extreme(lambda a, b: a > b), of_first, "Greatest present element.", (("list_max(array(2, 1))", "2"),),
     ("The first of equal ones; of none missing.",)),
    ("list_prod", None, _folded(lambda a, b: a * b, 1), None, "Product of the present elements, from left to right; of none missing.",
     (("list_prod(array(2, 3, 4))", "24"), ('list_prod(array(2.5, ""))', "2.5")), (_OVER,)),
    ("list_gap_min", None, _gap(min), None, "Least distance between one present element and the next.",
     (("list_gap_min(array(1, 5, 3))", "2"), ("list_gap_min(array(1))", "missing")),
     ("In the list's order, whichever is greater: sort first for the gaps between sorted values.",
      "Missing where a distance is not a number of the type.")),
    ("list_gap_max", None, _gap(max), None, "Greatest distance between one present element and the next.",
     (("list_gap_max(array(1, 5, 3))", "4"), ('list_gap_max(array(1, "", 3.5))', "2.5")),
     ("In the list's order, whichever is greater.", "Missing where a distance is not a number of the type.")),
)  # fmt: skip
for _name, _result, _meaning, _bounds, _doc, _examples, _notes in _REDUCTIONS:
    register(
        Operation(
            _name, 1, reduction(_result), _meaning, f"{_KERNELS}:{_name}", _doc, _examples, "combiners", bounds=_bounds,
            signature=f"list of numbers → {'number' if _result is None else _result}", notes=_notes,
        )
    )  # fmt: skip
register(
    Operation(
        "list_count", 1, _count_rule, _count, f"{_KERNELS}:list_count", "Number of present elements.",
        (('list_count(array(1, "", 3))', "2"), ('list_count(split("", ","))', "0")), "combiners", bounds=not_negative, total=True,
        signature="list → int64",
    )
)  # fmt: skip
register(
    Operation(
        "weighted_sum", 1, _weighted_rule, _weighted_sum, f"{_KERNELS}:weighted_sum",
        "Sum of the elements, each times its weight, from left to right.",
        (("weighted_sum(array(1, 2), array(0.5, 0.25))", "1.0"), ('weighted_sum(array(1, ""), array(0.5, 0.25))', "0.5")), "combiners",
        signature="list of numbers, weights: list of numbers → float64",
        notes=("A pair of which one is missing is left out.", "Of no pair, or of lists of different lengths, missing.",),
    )
)  # fmt: skip
register(
    Operation(
        "weighted_mean", 1, _weighted_rule, _weighted_mean, f"{_KERNELS}:weighted_mean", "The weighted sum by the sum of the weights.",
        (("weighted_mean(array(1, 2), array(3, 1))", "1.25"), ("weighted_mean(array(1, 2), array(1, -1))", "missing")), "combiners",
        signature="list of numbers, weights: list of numbers → float64",
        notes=("A pair of which one is missing is left out.",
               "Of no pair, of lists of different lengths, or of weights that sum to 0 missing.",),
    )
)  # fmt: skip
