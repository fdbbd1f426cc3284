"""Lists: missing and empty are one; elements may be missing."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl import limits
from feature_dsl.operations import reach
from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import a_list, constant_int, count, not_negative, of_first, same_list, unify, union
from feature_dsl.types import INT, TEXT, Scalar, Value

_KERNELS = "feature_dsl.kernels.lists"
List = tuple[Scalar, ...]


def _array_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1, limits.LIST_LENGTH)
    kind = unify(arguments)
    if kind.is_list:
        raise TypeProblem("holds scalars, not lists", 0)
    return Signature((kind,) * len(arguments), kind.as_list)


def _array(*values: Scalar) -> Value:
    return values


def _array_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    return union([argument.bounds for argument in arguments if not argument.is_missing])


def _get_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    return Signature((a_list(arguments), INT), arguments[0].type.element)


def _get(values: List, index: int | None) -> Value:
    return values[index] if index is not None and 0 <= index < len(values) else None


def _take_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    kind = a_list(arguments)
    constant_int(arguments, 1, "the length", 1, limits.LIST_LENGTH)
    return Signature((kind, INT), kind)


def _pad_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    kind = a_list(arguments)
    constant_int(arguments, 1, "the length", 1, limits.LIST_LENGTH)
    element = unify((Argument(kind.element), arguments[2]), 1)
    return Signature((element.as_list, INT, element), element.as_list)


def _pad(values: List, length: int, filler: Scalar) -> Value:
    filled = tuple(filler if value is None else value for value in values[:length])
    return filled + (filler,) * (length - len(filled))


def _pad_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    return union([arguments[0].bounds, arguments[2].bounds])


def _length_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1)
    kind = arguments[0].type
    if kind != TEXT and not kind.is_list:
        raise TypeProblem(f"wants a text or a list, not {kind}", 0)
    return Signature((kind,), INT)


def _length(value: str | List | None) -> Value:
    return 0 if value is None else len(value)


register(
    Operation(
        "array", 1, _array_rule, _array, f"{_KERNELS}:array", "A list of the arguments, all of one type.",
        (('array("a", "b")', '["a", "b"]'), ("array(1, 2.5)", "[1.0, 2.5]"), ('array(1, "")', "[1, missing]")),
        "lists", bounds=_array_bounds, reach=reach.arguments, signature="a, b, …: scalars of one type → list of that type",
    )
)  # fmt: skip
register(
    Operation(
        "get", 1, _get_rule, _get, f"{_KERNELS}:get", "The element at a position, from 0; outside the list missing.",
        (("get(array(5, 6), 1)", "6"), ("get(array(5, 6), 2)", "missing"), ("get(array(5, 6), -1)", "missing")),
        "lists", lifts=(1,), bounds=of_first, signature="list, position: int64 → element",
    )
)  # fmt: skip
register(
    Operation(
        "take", 1, _take_rule, lambda values, length: values[:length], f"{_KERNELS}:take_first",
        "The first elements, as many as the second says.", (("take(array(1, 2, 3), 2)", "[1, 2]"),), "lists",
        bounds=of_first, reach=reach.cut, signature="list, length: constant integer of at least 1 → list",
        notes=("take_last keeps the last ones.",),
    )
)  # fmt: skip
register(
    Operation(
        "drop_missing", 1, same_list, lambda values: tuple(value for value in values if value is not None),
        f"{_KERNELS}:drop_missing", "The list without its missing elements.",
        (('drop_missing(split("a||b", "|"))', '["a", "b"]'),), "lists", bounds=of_first, reach=reach.like(0), total=True,
        signature="list → list",
    )
)  # fmt: skip
register(
    Operation(
        "pad", 1, _pad_rule, _pad, f"{_KERNELS}:pad",
        "The list cut or filled up to a length; the filler also stands in for missing elements.",
        (("pad(array(1), 3, 0)", "[1, 0, 0]"), ('pad(array(1, "", 3), 2, 9)', "[1, 9]")), "lists", bounds=_pad_bounds,
        reach=reach.exactly(1), signature="list, length: constant integer of at least 1, filler: scalar of the elements' type → list",
        notes=("pad_left keeps the last elements and fills before them.",),
    )
)  # fmt: skip
register(
    Operation(
        "length", 1, _length_rule, _length, f"{_KERNELS}:length",
        "A text's number of code points, a list's number of elements; missing has none.",
        (('length("aä")', "2"), ("length(array(1, 2))", "2"), ('length("")', "0")), "lists", bounds=not_negative, total=True,
        signature="v: text or list → int64", notes=("Missing elements count; list_count counts those that are present.",),
    )
)  # fmt: skip
