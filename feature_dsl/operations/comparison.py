"""Comparisons: ``eq(missing, "")`` is true, any other comparison with missing is false."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import count, numbers, unify
from feature_dsl.types import BOOL, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.comparison"
_SIGNATURE = "a, b: two numbers, two texts or two bools → bool"


def _comparable(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    kind = unify(arguments)
    if kind.is_list:
        raise TypeProblem("compares scalars, not lists", 0, "is_missing(list) is true for an empty list")
    return Signature((kind, kind), BOOL)


def _ordered(arguments: Sequence[Argument]) -> Signature:
    signature = _comparable(arguments)
    if signature.expected[0] == BOOL:
        raise TypeProblem("does not order bools", 0)
    return signature


def _truth(_: Sequence[Argument]) -> Bounds:
    return 0, 1


def _meaning(compare: Callable[[Any, Any], bool]) -> Callable[[Scalar, Scalar], bool]:
    def meaning(left: Scalar, right: Scalar) -> bool:
        return left is not None and right is not None and compare(left, right)

    return meaning


def _equal(left: Scalar, right: Scalar) -> bool:
    return left == right if left is not None and right is not None else left is right


def _is_missing_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1)
    kind: Type = arguments[0].type
    return Signature((kind,), BOOL)


def _is_finite(value: int | float | None) -> bool:
    return value is not None and math.isfinite(value)


def _is_missing(value: Value) -> bool:
    return value is None or value == ()


register(
    Operation(
        "eq", 1, _comparable, _equal, f"{_KERNELS}:equal",
        "Whether two values are the same; missing is the same as missing (and so as \"\").",
        (('eq("a", "a")', "true"), ('eq("", "")', "true"), ('eq(1, "")', "false"), ("eq(1, 1.0)", "true"),
         ("1 == 2", "false"), ('eq(split("a,b", ","), "b")', "[false, true]")),
        "comparison", lifts=(0, 1), bounds=_truth, signature=_SIGNATURE,
        notes=("Floats compare by value: 0.0 and -0.0 are the same.", "Whether a whole list is empty: is_missing."),
    )
)  # fmt: skip
_COMPARISONS: tuple[tuple[str, Callable[[Any, Any], bool], str, tuple[tuple[str, str], ...]], ...] = (
    ("ne", operator.ne, "Whether two present values differ.",
     (('ne("a", "b")', "true"), ('ne("a", "")', "false"), ("1 != 1", "false"))),
    ("lt", operator.lt, "Whether the first is less than the second; texts go by code points.",
     (("lt(1, 2)", "true"), ('lt("a", "b")', "true"), ('lt("", "a")', "false"), ("2 < 2", "false"))),
    ("le", operator.le, "Whether the first is at most the second.", (("le(2, 2)", "true"), ('le("", "")', "false"))),
    ("gt", operator.gt, "Whether the first is greater than the second.",
     (("gt(2, 1)", "true"), ('gt(1, "")', "false"))),
    ("ge", operator.ge, "Whether the first is at least the second.", (("ge(2, 2.5)", "false"), ("2.5 >= 2", "true"))),
)  # fmt: skip
for _name, _compare, _doc, _examples in _COMPARISONS:
    register(
        Operation(
            _name, 1, _comparable if _name == "ne" else _ordered, _meaning(_compare), f"{_KERNELS}:{_name}",
            _doc, _examples, "comparison", lifts=(0, 1), bounds=_truth, signature=_SIGNATURE,
            notes=("Floats compare by value: 0.0 and -0.0 are the same.",) if _name == "ne" else (),
        )
    )  # fmt: skip
register(
    Operation(
        "is_missing", 1, _is_missing_rule, _is_missing, f"{_KERNELS}:is_missing",
        "Whether a value is missing, or a list empty.",
        (('is_missing("")', "true"), ("is_missing(0)", "false"), ('is_missing(split("", ","))', "true")),
        "comparison", bounds=_truth, signature="v: any type, or a list of it → bool",
    )
)  # fmt: skip
register(
    Operation(
        "is_finite", 1, numbers(1, result=BOOL), _is_finite, f"{_KERNELS}:is_finite", "Whether a number is present and not infinite.",
        (("is_finite(1)", "true"), ("is_finite(0.5)", "true"), ('is_finite("")', "false")), "comparison", lifts=(0,), bounds=_truth,
        signature="x: number → bool", notes=("A column may hold an infinite number; no operation gives one.",),
    )
)  # fmt: skip
