"""How much longer than its columns a text can become: what bounds the memory that a script takes at run time."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl import limits
from feature_dsl.operations.base import TypeProblem
from feature_dsl.types import TEXT, Type, Value

_CHOOSE = frozenset({"if", "coalesce", "min", "max", "get", "take"})


def of_column(kind: Type) -> int:
    """A column counts once where it holds texts."""
    return 1 if kind.element == TEXT else 0


def of_constant(value: Value) -> int:
    """A constant counts once for every so many letters."""
    values = value if isinstance(value, tuple) else (value,)
    return sum(len(item) for item in values if isinstance(item, str)) // limits.TEXT_UNIT


def of_call(name: str, result: Type, arguments: Sequence[int]) -> int:
    """The sum of the arguments' where the operation puts texts together, the greatest where it chooses one.

    :raises TypeProblem: where the text could become too long; asked before constants are folded.
    """
    if result.element != TEXT:
        return 0
    growth = max(arguments, default=0) if name in _CHOOSE else sum(arguments)
    if growth > limits.TEXT_GROWTH:
        raise TypeProblem(f"could make a text more than {limits.TEXT_GROWTH:,} times as long as its column", hint="join fewer texts")
    return growth
