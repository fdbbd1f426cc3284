"""Lists sorted and without repetitions: stable, texts by code points, missing elements last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feature_dsl import limits
from feature_dsl.operations import reach
from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import a_list, constant_int, count, of_first, same_list
from feature_dsl.types import BOOL, INT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.ordering"
List = tuple[Scalar, ...]
_DESCENDING = "descending: constant bool (false)"
_STABLE = "Equal elements keep their order, and missing ones come last in it, whether ascending or descending."


def _ordered(arguments: Sequence[Argument], index: int) -> Type:
    kind = a_list(arguments, index)
    if kind.element == BOOL:
        raise TypeProblem("does not order bools", index)
    return kind


def _direction(arguments: Sequence[Argument], index: int) -> tuple[Type, ...]:
    if len(arguments) <= index:
        return ()
    if not isinstance(arguments[index].value, bool):
        raise TypeProblem("wants true (descending) or false as a constant", index)
    return (BOOL,)


def _sort_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1, 2)
    kind = _ordered(arguments, 0)
    return Signature((kind, *_direction(arguments, 1)), kind)


def _sort_by_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2, 3)
    kind = a_list(arguments)
    return Signature((kind, _ordered(arguments, 1), *_direction(arguments, 2)), kind)


def _top_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    constant_int(arguments, 1, "the number of elements", 1, limits.LIST_LENGTH)
    kind = _ordered(arguments, 0)
    return Signature((kind, INT), kind)


def _places(keys: List, descending: bool) -> list[int]:
    """Places in the order of their keys, missing ones last."""
    present: list[tuple[Any, int]] = [(key, place) for place, key in enumerate(keys) if key is not None]
    present.sort(key=lambda pair: pair[0], reverse=descending)
    return [place for _, place in present] + [place for place, key in enumerate(keys) if key is None]


def _sort(values: List, descending: bool = False) -> Value:
    return tuple(values[place] for place in _places(values, descending))


def _sort_by(values: List, keys: List, descending: bool = False) -> Value:
    known = keys[: len(values)] + (None,) * (len(values) - len(keys))
    return tuple(values[place] for place in _places(known, descending))


def _top(values: List, most: int) -> Value:
    return tuple(values[place] for place in _places(values, True)[:most] if values[place] is not None)


def _unique(values: List) -> Value:
    return tuple(dict.fromkeys(values))


register(
    Operation(
        "unique", 1, same_list, _unique, f"{_KERNELS}:unique", "The list without repetitions: each value where it first stands.",
        (("unique(array(2, 1, 2))", "[2, 1]"), ('unique(split("a||b||a", "|"))', '["a", missing, "b"]')), "lists",
        bounds=of_first, reach=reach.like(0), signature="list → list", notes=("Missing is one value; 0.0 and -0.0 are the same.",),
    )
)  # fmt: skip
register(
    Operation(
        "sort", 1, _sort_rule, _sort, f"{_KERNELS}:sort", "The list in rising order, or falling where the second is true.",
        (("sort(array(2, 3, 1))", "[1, 2, 3]"), ("sort(array(2, 3, 1), true)", "[3, 2, 1]"),
         ('sort(split("b||a", "|"))', '["a", "b", missing]')),
        "lists", bounds=of_first, reach=reach.like(0), signature=f"list of numbers or texts, {_DESCENDING} → list", notes=(_STABLE,),
    )
)  # fmt: skip
register(
    Operation(
        "sort_by", 1, _sort_by_rule, _sort_by, f"{_KERNELS}:sort_by", "The list in the order of a second one, place by place.",
        (('sort_by(split("a,b,c", ","), array(2, 3, 1))', '["c", "a", "b"]'),
         ('sort_by(split("a,b", ","), array(1, 2), true)', '["b", "a"]')),
        "lists", bounds=of_first, reach=reach.like(0), signature=f"list, keys: list of numbers or texts, {_DESCENDING} → list",
        notes=(_STABLE, "Where the keys are fewer, the others are missing; keys beyond the list are not looked at."),
    )
)  # fmt: skip
register(
    Operation(
        "top_k", 1, _top_rule, _top, f"{_KERNELS}:top_k", "The greatest elements, as many as the second says, from the greatest down.",
        (("top_k(array(2, 3, 1), 2)", "[3, 2]"), ('top_k(array(2, "", 1), 3)', "[2, 1]")), "lists",
        bounds=of_first, reach=reach.cut, signature="list of numbers or texts, k: constant integer of at least 1 → list",
        notes=("Of equal ones the first; missing elements are left out.",),
    )
)  # fmt: skip
