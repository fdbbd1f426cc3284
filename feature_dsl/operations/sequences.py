"""Sequences: lists whose order means something, cut, filled and aligned place by place."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl import limits
from feature_dsl.operations import reach
from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import a_list, constant_int, count, of_first, same_list, unify, union
from feature_dsl.types import BOOL, INT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.sequences"
List = tuple[Scalar, ...]
_LENGTH = "length: constant integer of at least 1"


def _last_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    constant_int(arguments, 1, "the length", 1, limits.LIST_LENGTH)
    kind = a_list(arguments)
    return Signature((kind, INT), kind)


def _slice_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    kind = a_list(arguments)
    return Signature((kind, INT, INT), kind)


def _slice(values: List, start: int | None, length: int | None) -> Value:
    if start is None or length is None:
        return ()
    first = start if start >= 0 else start + len(values)
    return values[max(first, 0) : max(first + max(length, 0), 0)]


def filled_rule(arguments: Sequence[Argument], filler: int) -> Type:
    """The list type of a list and of a scalar that stands in its places."""
    return unify((Argument(a_list(arguments).element), arguments[filler]) if not arguments[0].is_missing else (arguments[filler],)).as_list


def _pad_left_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    constant_int(arguments, 1, "the length", 1, limits.LIST_LENGTH)
    kind = filled_rule(arguments, 2)
    return Signature((kind, INT, kind.element), kind)


def _pad_left(values: List, length: int, filler: Scalar) -> Value:
    kept = _filled(values[-length:], filler)
    return (filler,) * (length - len(kept)) + kept


def _filled(values: List, filler: Scalar) -> List:
    return tuple(filler if value is None else value for value in values)


def _list_and_last(arguments: Sequence[Argument]) -> Bounds | None:
    return union([arguments[0].bounds, arguments[-1].bounds])


def _align_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    kind = a_list(arguments)
    return Signature((kind, a_list(arguments, 1)), kind)


def _align(values: List, other: List) -> Value:
    return values[: len(other)] + (None,) * (len(other) - len(values))


def _repeat_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    constant_int(arguments, 1, "the length", 1, limits.LIST_LENGTH)
    kind = arguments[0].type
    if kind.is_list:
        raise TypeProblem(f"repeats a scalar, not {kind}", 0, "concat_lists puts lists one after another")
    return Signature((kind, INT), kind.as_list)


def _concat_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2, 32)
    for index in range(len(arguments)):
        a_list(arguments, index)
    kind = unify(arguments).element.as_list
    return Signature((kind,) * len(arguments), kind)


def _concat(*lists: List) -> Value:
    return sum(lists, ())


def _mask_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    kind = a_list(arguments)
    if not arguments[1].is_missing and arguments[1].type != BOOL.as_list:
        raise TypeProblem(f"wants a list of bools, not {arguments[1].type}", 1, "compare each element: gt(list, 0) …")
    return Signature((kind, BOOL.as_list), kind)


def _mask(values: List, chosen: List) -> Value:
    return tuple(value for value, keep in zip(values, chosen, strict=False) if keep is True)


register(
    Operation(
        "take_last", 1, _last_rule, lambda values, length: values[-length:], f"{_KERNELS}:take_last",
        "The last elements, as many as the second says, in their order.", (("take_last(array(1, 2, 3), 2)", "[2, 3]"),), "sequences",
        bounds=of_first, reach=reach.cut, signature=f"list, {_LENGTH} → list",
    )
)  # fmt: skip
register(
    Operation(
        "slice", 1, _slice_rule, _slice, f"{_KERNELS}:slice_of", "The elements at a place and after it, as many as the third says.",
        (("slice(array(1, 2, 3, 4), 1, 2)", "[2, 3]"), ("slice(array(1, 2, 3), -2, 2)", "[2, 3]"), ("slice(array(1, 2), -3, 2)", "[1]"),
         ('slice(array(1, 2), "", 1)', "[]")), "sequences",
        bounds=of_first, reach=reach.shortened(2), signature="list, start: int64, length: int64 → list",
        notes=("Places count from 0; a start below 0 counts from the end, -1 being the last.",
               "Places outside the list are not there: the result may be shorter.",
               "A length below 1 gives the empty list, a missing start or length too."),
    )
)  # fmt: skip
register(
    Operation(
        "reverse", 1, same_list, lambda values: values[::-1], f"{_KERNELS}:reverse", "The list from its end.",
        (("reverse(array(1, 2, 3))", "[3, 2, 1]"),), "sequences", bounds=of_first, reach=reach.like(0), signature="list → list",
    )
)  # fmt: skip
register(
    Operation(
        "pad_left", 1, _pad_left_rule, _pad_left, f"{_KERNELS}:pad_left",
        "The last elements, filled up to a length before them; the filler also stands in for missing elements.",
        (("pad_left(array(1), 3, 0)", "[0, 0, 1]"), ("pad_left(array(1, 2, 3), 2, 0)", "[2, 3]")), "sequences",
        bounds=_list_and_last, reach=reach.exactly(1), signature=f"list, {_LENGTH}, filler: scalar of the elements' type → list",
        notes=("pad keeps the first elements and fills after them.",),
    )
)  # fmt: skip
register(
    Operation(
        "align", 1, _align_rule, _align, f"{_KERNELS}:align", "The list as long as another one: cut, or with missing elements after it.",
        (("align(array(1), array(7, 8))", "[1, missing]"), ('align(array(1, 2, 3), split("a,b", ","))', "[1, 2]")), "sequences",
        bounds=of_first, reach=reach.like(1), signature="list, other: list → list",
        notes=("Side information of a sequence stays with its element, place by place.",),
    )
)  # fmt: skip
register(
    Operation(
        "repeat", 1, _repeat_rule, lambda value, length: (value,) * length, f"{_KERNELS}:repeat",
        "A list of one value, as often as the second says.",
        (("repeat(1.5, 3)", "[1.5, 1.5, 1.5]"), ('repeat("", 2)', "[missing, missing]")), "sequences",
        bounds=of_first, reach=reach.exactly(1), signature=f"v: scalar, {_LENGTH} → list",
    )
)  # fmt: skip
register(
    Operation(
        "concat_lists", 1, _concat_rule, _concat, f"{_KERNELS}:concat_lists", "The elements of two or more lists, one list after another.",
        (("concat_lists(array(1), array(2, 3))", "[1, 2, 3]"), ("concat_lists(array(1), array(2.5))", "[1.0, 2.5]")), "sequences",
        bounds=lambda arguments: union([argument.bounds for argument in arguments]), reach=reach.together,
        signature="a: list, b: list of the same type, … → list", notes=("At most 32 lists.",),
    )
)  # fmt: skip
register(
    Operation(
        "mask", 1, _mask_rule, _mask, f"{_KERNELS}:mask", "The elements at whose places the second list is true.",
        (("mask(array(1, 2, 3), array(true, false, true))", "[1, 3]"), ("mask(array(1, 2, 3), gt(array(5, 6), 5))", "[2]")), "sequences",
        bounds=of_first, reach=reach.like(0), signature="list, chosen: list of bools → list",
        notes=("A place that is missing in the second list, or that it does not have, is left out.",),
    )
)  # fmt: skip
