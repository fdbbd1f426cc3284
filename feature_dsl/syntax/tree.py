"""The syntax tree of a script. Positions do not take part in equality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a script's text, line and column from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; ``""`` is the missing value."""

    value: int | float | str | bool
    at: Position | None = field(default=None, compare=False)
    depth: int = field(default=1, compare=False)
    size: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A variable that an earlier statement has set."""

    name: str
    at: Position | None = field(default=None, compare=False)
    depth: int = field(default=1, compare=False)
    size: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation and its arguments; method calls and infix operators are calls too."""

    name: str
    arguments: tuple[Expression, ...]
    at: Position | None = field(default=None, compare=False)
    depth: int = field(default=1, compare=False)
    size: int = field(default=1, compare=False)


Expression = Literal | Name | Call


@dataclass(frozen=True, slots=True)
class Statement:
    """``target = value``; a bare expression has no target."""

    target: str | None
    value: Expression
    at: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Script:
    """The three blocks of a script; ``main``'s last statement is a bare expression, its value."""

    meta: Call
    setup: tuple[Statement, ...]
    main: tuple[Statement, ...]


def call(name: str, *arguments: Expression, at: Position | None = None) -> Call:
    """A call whose depth and size follow from its arguments."""
    depth = 1 + max((argument.depth for argument in arguments), default=0)
    size = 1 + sum(argument.size for argument in arguments)
    return Call(name, tuple(arguments), at, depth, size)


def constants(values: Sequence[int | float | str | bool]) -> Call:
    """``array(...)`` of constants."""
    return call("array", *(Literal(value) for value in values))


def walk(expression: Expression) -> Iterator[Expression]:
    """Every expression in a tree, without recursion."""
    stack: list[Expression] = [expression]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, Call):
            stack.extend(reversed(current.arguments))
