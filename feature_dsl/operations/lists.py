"""Lists: missing and empty are one; elements may be missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feature_dsl import limits
from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import INT_MAX, constant_int, count, finite, in_range, unify, union
from feature_dsl.types import FLOAT, INT, TEXT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.lists"
List = tuple[Scalar, ...]


def _a_list(arguments: Sequence[Argument], index: int = 0) -> Type:
    kind = arguments[index].type
    if not kind.is_list:
        raise TypeProblem(f"wants a list, not {kind}", index, "split(…) or array(…) makes one")
    return kind


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
    return Signature((_a_list(arguments), INT), arguments[0].type.element)


def _get(values: List, index: int | None) -> Value:
    return values[index] if index is not None and 0 <= index < len(values) else None


def _of_list(arguments: Sequence[Argument]) -> Bounds | None:
    return arguments[0].bounds


def _take_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    kind = _a_list(arguments)
    constant_int(arguments, 1, "the length", 1, limits.LIST_LENGTH)
    return Signature((kind, INT), kind)


def _present_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1)
    kind = _a_list(arguments)
    return Signature((kind,), kind)


def _pad_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    kind = _a_list(arguments)
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


def _numbers_rule(result: Type | None) -> Callable[[Sequence[Argument]], Signature]:
    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 1)
        kind = _a_list(arguments)
        if not kind.element.is_number:
            raise TypeProblem(f"wants a list of numbers, not {kind}", 0)
        wanted = kind if result is None else result.as_list
        return Signature((wanted,), wanted.element)

    return rule


def _present(values: List) -> list[int | float]:
    return [value for value in values if isinstance(value, int | float)]


def _sum(values: List) -> Value:
    total: int | float | None = None
    for value in _present(values):
        total = (total or 0) + value
        total = in_range(total) if isinstance(total, int) else total
        if total is None:
            return None
    return finite(total) if isinstance(total, float) else total


def _mean(values: List) -> Value:
    present = _present(values)
    total = 0.0
    for value in present:
        total += value
    return finite(total / len(present)) if present else None


def _extreme(better: Callable[[int | float, int | float], bool]) -> Callable[[List], Value]:
    def meaning(values: List) -> Value:
        best: int | float | None = None
        for value in _present(values):
            if best is None or better(value, best):
                best = value
        return finite(best) if isinstance(best, float) else best

    return meaning


def _lengths(_: Sequence[Argument]) -> Bounds | None:
    return 0, INT_MAX


register(
    Operation(
        "array", 1, _array_rule, _array, f"{_KERNELS}:array", "A list of the arguments, all of one type.",
        (('array("a", "b")', '["a", "b"]'), ("array(1, 2.5)", "[1.0, 2.5]"), ('array(1, "")', "[1, missing]")),
        "lists", bounds=_array_bounds,
    )
)  # fmt: skip
register(
    Operation(
        "get", 1, _get_rule, _get, f"{_KERNELS}:get", "The element at a position, from 0; outside the list missing.",
        (("get(array(5, 6), 1)", "6"), ("get(array(5, 6), 2)", "missing"), ("get(array(5, 6), -1)", "missing")),
        "lists", lifts=(1,), bounds=_of_list,
    )
)  # fmt: skip
register(
    Operation(
        "take", 1, _take_rule, lambda values, length: values[:length], f"{_KERNELS}:take_first",
        "The first elements, as many as the second says.", (("take(array(1, 2, 3), 2)", "[1, 2]"),), "lists",
        bounds=_of_list,
    )
)  # fmt: skip
register(
    Operation(
        "drop_missing", 1, _present_rule, lambda values: tuple(value for value in values if value is not None),
        f"{_KERNELS}:drop_missing", "The list without its missing elements.",
        (('drop_missing(split("a||b", "|"))', '["a", "b"]'),), "lists", bounds=_of_list,
    )
)  # fmt: skip
register(
    Operation(
        "pad", 1, _pad_rule, _pad, f"{_KERNELS}:pad",
        "The list cut or filled up to a length; the filler also stands in for missing elements.",
        (("pad(array(1), 3, 0)", "[1, 0, 0]"), ('pad(array(1, "", 3), 2, 9)', "[1, 9]")), "lists", bounds=_pad_bounds,
    )
)  # fmt: skip
register(
    Operation(
        "length", 1, _length_rule, _length, f"{_KERNELS}:length",
        "A text's number of code points, a list's number of elements; missing has none.",
        (('length("aä")', "2"), ("length(array(1, 2))", "2"), ('length("")', "0")), "lists", bounds=_lengths,
    )
)  # fmt: skip
_REDUCTIONS: tuple[tuple[str, Type | None, Callable[[List], Value], str, tuple[tuple[str, str], ...]], ...] = (
    ("list_sum", None, _sum, "Sum of the present elements, from left to right; of none missing.",
     (("list_sum(array(1, 2, 3))", "6"), ('list_sum(array(1, ""))', "1"))),
    ("list_mean", FLOAT, _mean, "Mean of the present elements.", (("list_mean(array(1, 2))", "1.5"),)),
    ("list_min", None, _extreme(lambda a, b: a < b), "Least present element.", (("list_min(array(2, 1))", "1"),)),
    ("list_max", None, _extreme(lambda a, b: a > b), "Greatest present element.", (("list_max(array(2, 1))", "2"),)),
)  # fmt: skip
for _name, _result, _meaning, _doc, _examples in _REDUCTIONS:
    register(
        Operation(
            _name, 1, _numbers_rule(_result), _meaning, f"{_KERNELS}:{_name}", _doc, _examples, "lists",
            bounds=_of_list if _name in ("list_min", "list_max") else None,
        )
    )  # fmt: skip
