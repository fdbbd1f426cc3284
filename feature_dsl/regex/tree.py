"""The syntax tree of a pattern."""

from __future__ import annotations

from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]
"""Code points as ranges, both ends included, rising and apart."""

LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Chars:
    """One code point out of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts one after another; none of them is the empty text."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first option that leads to a match."""

    options: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part low to high times (None: any number), as often as possible where greedy, else as seldom."""

    body: Part
    low: int
    high: int | None
    greedy: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """A part whose place is remembered. ``number`` counts from 1."""

    body: Part
    number: int


@dataclass(frozen=True, slots=True)
class Edge:
    """The begin or the end of the whole text."""

    begin: bool


Part = Chars | Chain | Choice | Repeat | Group | Edge


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern and how many groups it has."""

    root: Part
    groups: int


def ranges_of(pairs: list[tuple[int, int]]) -> Ranges:
    """Ranges in order, those that touch joined."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def complement(ranges: Ranges) -> Ranges:
    """All other code points."""
    outside: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if low > start:
            outside.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        outside.append((start, LAST))
    return tuple(outside)
