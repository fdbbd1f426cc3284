"""Where a value stands in a list."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, register
from feature_dsl.operations.rules import INT_MAX, count
from feature_dsl.operations.sequences import filled_rule
from feature_dsl.types import BOOL, INT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.membership"
_NOTE = "As eq: missing is found where an element is missing; 0.0 and -0.0 are the same."


def _searched(arguments: Sequence[Argument], result: Type) -> Signature:
    count(arguments, 2)
    kind = filled_rule(arguments, 1)
    return Signature((kind, kind.element), result)


def _contains(values: tuple[Scalar, ...], wanted: Scalar) -> Value:
    return wanted in values


def _position(values: tuple[Scalar, ...], wanted: Scalar) -> Value:
    return values.index(wanted) if wanted in values else -1


def _positions(_: Sequence[Argument]) -> Bounds:
    return -1, INT_MAX


def _truth(_: Sequence[Argument]) -> Bounds:
    return 0, 1


register(
    Operation(
        "contains_value", 1, lambda arguments: _searched(arguments, BOOL), _contains, f"{_KERNELS}:contains_value",
        "Whether an element of the list is the value.",
        (('contains_value(split("a,b", ","), "b")', "true"), ("contains_value(array(1, 2), 3)", "false"),
         ('contains_value(array(1, ""), "")', "true"),
         ("contains_value(array(1, 2), array(2, 5))", "[true, false]")), "lists", lifts=(1,), bounds=_truth, total=True,
        signature="list, v: scalar of the elements' type → bool", notes=(_NOTE,),
    )
)  # fmt: skip
register(
    Operation(
        "position", 1, lambda arguments: _searched(arguments, INT), _position, f"{_KERNELS}:position",
        "The first place of the value in the list, from 0, or -1.",
        (('position(split("a,b", ","), "b")', "1"), ("position(array(1, 2), 3)", "-1"), ("position(array(5, 6), array(6, 7))", "[1, -1]")),
        "lists", lifts=(1,), bounds=_positions, total=True, signature="list, v: scalar of the elements' type → int64",
        notes=(_NOTE, "In a vocabulary of constants, index does the same and is faster."),
    )
)  # fmt: skip
