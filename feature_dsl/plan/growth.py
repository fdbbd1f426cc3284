"""How much longer than its columns a text or a list can become: what bounds the memory that a script takes at run time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feature_dsl import limits
from feature_dsl.operations.base import TypeProblem
from feature_dsl.types import TEXT, Type, Value

_CHOOSE = frozenset({"if", "coalesce", "replace_value", "min", "max", "get", "take"})
_JOIN = frozenset({"concat_lists"})


def _size(value: Value) -> int:
    return len(value.encode()) if isinstance(value, str) else 0


_FACTORS: dict[str, Callable[[Sequence[Value], bool], int]] = {
    "join": lambda constants, is_list: 1 + _size(constants[1]),
    "prefix": lambda constants, is_list: 1 + _size(constants[0]) if is_list else 1,
    "replace": lambda constants, is_list: max(-(-_size(constants[2]) // _size(constants[1])), 1),
    "regex_replace": lambda constants, is_list: 1 + _size(constants[2]),
}
"""Operations that put a constant beside each part of a text: how many times longer they make it at most."""


def of_column(kind: Type) -> int:
    """A column counts once where it holds texts or lists."""
    return 1 if _grows(kind) else 0


def of_constant(value: Value) -> int:
    """A constant counts once for every so many letters and elements."""
    values = value if isinstance(value, tuple) else (value,)
    return sum(len(item) if isinstance(item, str) else 1 for item in values) // limits.TEXT_UNIT


def of_call(name: str, result: Type, arguments: Sequence[int], constants: Sequence[Value]) -> int:
    """The sum of the arguments' where the operation puts texts or lists together, the greatest where it chooses one.

    :param constants: the arguments' values, None of those that are not constant.
    :raises TypeProblem: where the result could become too long; asked before constants are folded.
    """
    if not _grows(result):
        return 0
    joins = name in _JOIN or (result.element == TEXT and name not in _CHOOSE)
    growth = sum(arguments) if joins else max(arguments, default=0)
    factor = _FACTORS.get(name)
    growth *= factor(constants, result.is_list) if factor else 1
    if growth > limits.TEXT_GROWTH:
        what = "list" if result.is_list else "text"
        raise TypeProblem(f"could make a {what} more than {limits.TEXT_GROWTH:,} times as long as its column", hint=f"join fewer {what}s")
    return growth


def _grows(kind: Type) -> bool:
    return kind.is_list or kind.element == TEXT
