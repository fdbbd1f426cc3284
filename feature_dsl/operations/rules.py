"""Parts that type rules are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from feature_dsl.operations.base import Argument, Bounds, Signature, TypeProblem
from feature_dsl.types import FLOAT, INT, TEXT, Type, Value

Rule = Callable[[Sequence[Argument]], Signature]
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


def count(arguments: Sequence[Argument], low: int, high: int | None = None) -> None:
    """Raises TypeProblem where the number of arguments is not in low…high."""
    high = low if high is None else high
    if not low <= len(arguments) <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise TypeProblem(f"takes {wanted} argument{'s' if wanted != '1' else ''}, not {len(arguments)}")


def fixed(*types: Type, result: Type) -> Rule:
    """Exactly these types."""

    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, len(types))
        return Signature(types, result)

    return rule


def unify(arguments: Sequence[Argument], start: int = 0) -> Type:
    """The one type of several arguments: int64 beside float64 becomes float64; the constant "" fits all."""
    found: Type | None = None
    for index, argument in enumerate(arguments):
        if argument.is_missing or found == argument.type:
            continue
        kind = argument.type
        if found is None:
            found = kind
        elif {found.name, kind.name} == {"int64", "float64"} and found.is_list == kind.is_list:
            found = Type("float64", found.is_list)
        else:
            raise TypeProblem(f"mixes {found} and {kind}", start + index, "cast one of them: int(), float() or str()")
    return found or TEXT


def numbers(low: int, high: int | None = None, result: Type | None = None) -> Rule:
    """Numbers of one type; the result is of that type, or of ``result``'s."""

    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, low, high)
        kind = unify(arguments)
        if kind == TEXT and all(argument.is_missing for argument in arguments):
            kind = INT
        if not kind.is_number:
            raise TypeProblem(f"wants numbers, not {kind}", 0, "cast with int() or float()")
        return Signature((kind,) * len(arguments), result or kind)

    return rule


def floats(low: int, high: int | None = None) -> Rule:
    """Numbers, taken as float64."""

    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, low, high)
        for index, argument in enumerate(arguments):
            if not argument.is_missing and not argument.type.is_number:
                raise TypeProblem(f"wants a number, not {argument.type}", index, "cast with float()")
        return Signature((FLOAT,) * len(arguments), FLOAT)

    return rule


def a_list(arguments: Sequence[Argument], index: int = 0) -> Type:
    """The type of an argument that has to be a list; the constant "" is the empty list, of texts where nothing says more."""
    if arguments[index].is_missing:
        return TEXT.as_list
    kind = arguments[index].type
    if not kind.is_list:
        raise TypeProblem(f"wants a list, not {kind}", index, "split(…) or array(…) makes one")
    return kind


def a_vector(arguments: Sequence[Argument], index: int = 0) -> Type:
    """The type of an argument that has to be a list of numbers; the constant "" is the empty one."""
    if arguments[index].is_missing:
        return INT.as_list
    kind = a_list(arguments, index)
    if not kind.element.is_number:
        raise TypeProblem(f"wants a list of numbers, not {kind}", index, "float(list) or int(list) casts each element")
    return kind


def vectors(arity: int) -> Rule:
    """Lists of numbers, taken as float64, to a float64."""

    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, arity)
        for index in range(arity):
            a_vector(arguments, index)
        return Signature((FLOAT.as_list,) * arity, FLOAT)

    return rule


def reduction(result: Type | None = None) -> Rule:
    """A list of numbers to one number of its type, or of ``result`` with the elements taken as that."""

    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 1)
        wanted = a_vector(arguments) if result is None else result.as_list
        a_vector(arguments)
        return Signature((wanted,), wanted.element)

    return rule


def same_list(arguments: Sequence[Argument]) -> Signature:
    """One list, to a list of its type."""
    count(arguments, 1)
    kind = a_list(arguments)
    return Signature((kind,), kind)


def of_first(arguments: Sequence[Argument]) -> Bounds | None:
    """The bounds of the first argument's elements."""
    return arguments[0].bounds


def not_negative(_: Sequence[Argument]) -> Bounds:
    """At least zero."""
    return 0, INT_MAX


def constant_int(arguments: Sequence[Argument], index: int, what: str, low: int, high: int = INT_MAX) -> int:
    """The value of an argument that has to be an integer constant in low…high."""
    argument = arguments[index]
    value = argument.value
    if not argument.constant or type(value) is not int or not low <= value <= high:
        bound = f"at least {low}" if high == INT_MAX else f"from {low} to {high}"
        raise TypeProblem(f"{what} has to be a constant integer, {bound}", index)
    return value


def constant_list(arguments: Sequence[Argument], index: int, what: str) -> tuple[Value, ...]:
    """The value of an argument that has to be a list constant."""
    argument = arguments[index]
    if not argument.constant or not isinstance(argument.value, tuple):
        raise TypeProblem(f"{what} has to be a list of constants", index, "array(…) of literals")
    return argument.value


def union(bounds: Sequence[Bounds | None]) -> Bounds | None:
    """Bounds that hold for all of several expressions."""
    known = [pair for pair in bounds if pair is not None]
    if len(known) != len(bounds) or not known:
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def finite(value: float) -> float | None:
    """The number, or missing where it is not finite."""
    return value if math.isfinite(value) else None


def in_range(value: int) -> int | None:
    """The integer, or missing where it does not fit in 64 bits."""
    return value if INT_MIN <= value <= INT_MAX else None
