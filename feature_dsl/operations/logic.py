"""Logic and choice: a missing condition counts as false."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.reach import greatest
from feature_dsl.operations.rules import count, fixed, unify, union
from feature_dsl.types import BOOL, Scalar, Value

_KERNELS = "feature_dsl.kernels.logic"
_COUNTS = "Missing counts as false."


def _truth(_: Sequence[Argument]) -> Bounds:
    return 0, 1


def _if_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    if not arguments[0].is_missing and arguments[0].type != BOOL:
        raise TypeProblem(f"wants a bool as condition, not {arguments[0].type}", 0, "compare it: eq, lt, is_missing …")
    kind = unify(arguments[1:], 1)
    return Signature((BOOL, kind, kind), kind)


def _if(condition: Value, yes: Value, no: Value) -> Value:
    return yes if condition is True else no


def _coalesce_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    kind = unify(arguments)
    return Signature((kind, kind), kind)


def _coalesce(value: Value, other: Value) -> Value:
    return other if value is None or value == () else value


def _replace_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    kind = unify(arguments)
    if kind.is_list:
        raise TypeProblem("replaces a scalar by a scalar", 1 if arguments[1].type.is_list else 2)
    return Signature((kind, kind, kind), kind)


def _replace(value: Scalar, old: Scalar, new: Scalar) -> Value:
    return new if value == old else value


def _replaced(arguments: Sequence[Argument]) -> Bounds | None:
    value, old, new = arguments
    if value.bounds is None:
        return None
    low, high = value.bounds
    if isinstance(old.value, int) and old.value == low < high:
        low += 1
    return (low, high) if new.is_missing else union([(low, high), new.bounds])


def _either(arguments: Sequence[Argument]) -> Bounds | None:
    known = [argument.bounds for argument in arguments[-2:] if not argument.is_missing]
    if not known or None in known:
        return None
    pairs = [pair for pair in known if pair is not None]
    return min(low for low, _ in pairs), max(high for _, high in pairs)


register(
    Operation(
        "and", 1, fixed(BOOL, BOOL, result=BOOL), lambda a, b: a is True and b is True, f"{_KERNELS}:both",
        "Whether both are true.", (("and(true, true)", "true"), ('and(true, "")', "false"), ("true && false", "false")),
        "logic", bounds=_truth, signature="a: bool, b: bool → bool", notes=(_COUNTS,),
    )
)  # fmt: skip
register(
    Operation(
        "or", 1, fixed(BOOL, BOOL, result=BOOL), lambda a, b: a is True or b is True, f"{_KERNELS}:either",
        "Whether one is true.", (('or("", true)', "true"), ("false || false", "false")), "logic", bounds=_truth,
        signature="a: bool, b: bool → bool", notes=(_COUNTS,),
    )
)  # fmt: skip
register(
    Operation(
        "not", 1, fixed(BOOL, result=BOOL), lambda a: a is not True, f"{_KERNELS}:negate",
        "Whether it is not true; missing is not true.", (("not(false)", "true"), ('not("")', "true"), ("!true", "false")),
        "logic", bounds=_truth, signature="a: bool → bool",
    )
)  # fmt: skip
register(
    Operation(
        "if", 1, _if_rule, _if, f"{_KERNELS}:choose",
        "The second where the first is true, else the third (where the first is missing too).",
        (('if(1 < 2, "a", "b")', '"a"'), ('if("", 1, 2)', "2"), ("if(true, 1, 2.5)", "1.0"), ('if(true, "", 2)', "missing")),
        "logic", bounds=_either, reach=greatest, signature="condition: bool, a: any type, b: the same type → that type",
        notes=("Both are computed; neither can fail.",),
    )
)  # fmt: skip
register(
    Operation(
        "coalesce", 1, _coalesce_rule, _coalesce, f"{_KERNELS}:coalesce",
        "The first where it is present (a list: not empty), else the second.",
        (('coalesce("", "a")', '"a"'), ("coalesce(1, 2)", "1")), "logic", bounds=_either, reach=greatest,
        signature="a: any type, b: the same type → that type", notes=("Of each element of a list: replace_value(list, \"\", b).",),
    )
)  # fmt: skip
register(
    Operation(
        "replace_value", 1, _replace_rule, _replace, f"{_KERNELS}:replace_value", "The value, or the third where it is the second.",
        (("replace_value(-1, -1, 0)", "0"), ("replace_value(5, -1, 0)", "5"), ('replace_value(array(1, "", 3), "", 9)', "[1, 9, 3]"),
         ('replace_value("", "a", "b")', "missing")),
        "logic", lifts=(0,), bounds=_replaced, signature="v: any scalar, old: the same type, new: the same type → that type",
        notes=("As eq: missing is the same as missing, so replace_value(v, \"\", w) puts w in missing places.",),
    )
)  # fmt: skip
