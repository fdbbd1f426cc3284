"""Regular expressions by backtracking over the pattern's tree, on code points.

A place is a rest of the pattern and a position in the text. No place is tried twice, so the time is bounded by their
number; the first way through, in the order in which the pattern states its choices, is the match.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feature_dsl.regex.tree import Chain, Chars, Choice, Edge, Group, Part, Pattern, Repeat

STEPS = 500_000
"""More steps than this on one text end in TooLong: folding a hostile constant has to end soon."""

Span = tuple[int, int]
Spans = tuple[Span | None, ...]
"""Places of the whole match and of its groups; None where a group took no part."""


class TooLong(Exception):
    """A search has taken more steps than it may."""


@dataclass(frozen=True, slots=True)
class _Close:
    """The end of a group that began at ``start``'s place in the spans."""

    number: int


class _Search:
    """Matches of one pattern in one text."""

    def __init__(self, pattern: Pattern, text: str) -> None:
        self._root = pattern.root
        self._groups = pattern.groups
        self._text = text
        self._rests: list[tuple[Part | _Close, int]] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._made: dict[tuple[int, int, int | None], Repeat] = {}
        self._closes = [_Close(number) for number in range(pattern.groups + 1)]
        self._left = STEPS

    def _rest(self, part: Part | _Close, then: int) -> int:
        """The number of a rest of the pattern: a part, and what comes after it (-1: nothing)."""
        key = (id(part), then)
        if key not in self._numbers:
            self._numbers[key] = len(self._rests)
            self._rests.append((part, then))
        return self._numbers[key]

    def first(self, start: int, moving: bool) -> Spans | None:
        """The leftmost match from ``start`` on; with ``moving`` no empty one at ``start`` itself."""
        tried: set[tuple[int, int]] = set()
        for begin in range(start, len(self._text) + 1):
            found = self._from(begin, tried, begin if moving and begin == start else None)
            if found is not None:
                return found
        return None

    def _from(self, begin: int, tried: set[tuple[int, int]], forbidden: int | None) -> Spans | None:
        opened: tuple[int, ...] = (0,) * (self._groups + 1)
        closed: Spans = (None,) * (self._groups + 1)
        stack = [(self._rest(self._root, -1), begin, opened, closed)]
        while stack:
            rest, at, opened, closed = stack.pop()
            if rest < 0:
                if at != forbidden:
                    return ((begin, at), *closed[1:])
                continue
            if (rest, at) in tried:
                continue
            tried.add((rest, at))
            self._left -= 1
            if self._left < 0:
                raise TooLong
            part, then = self._rests[rest]
            if isinstance(part, Group):
                opened = (*opened[: part.number], at, *opened[part.number + 1 :])
                stack.append((self._rest(part.body, self._rest(self._closes[part.number], then)), at, opened, closed))
            elif isinstance(part, _Close):
                span = (opened[part.number], at)
                stack.append((then, at, opened, (*closed[: part.number], span, *closed[part.number + 1 :])))
            else:
                ways = list(self._ways(part, then, at))
                stack += [(way, to, opened, closed) for way, to in reversed(ways)]
        return None

    def _ways(self, part: Chars | Chain | Choice | Repeat | Edge, then: int, at: int) -> Iterator[tuple[int, int]]:
        """Where one can go on, the best way first."""
        if isinstance(part, Chars):
            if at < len(self._text) and any(low <= ord(self._text[at]) <= high for low, high in part.ranges):
                yield then, at + 1
        elif isinstance(part, Chain):
            for piece in reversed(part.parts):
                then = self._rest(piece, then)
            yield then, at
        elif isinstance(part, Choice):
            yield from ((self._rest(option, then), at) for option in part.options)
        elif isinstance(part, Edge):
            if at == (0 if part.begin else len(self._text)):
                yield then, at
        else:
            yield from ((way, at) for way in self._repeats(part, then))

    def _repeats(self, part: Repeat, then: int) -> list[int]:
        if part.low > 0:
            fewer = self._repeat(part, part.low - 1, None if part.high is None else part.high - 1)
            return [self._rest(part.body, self._rest(fewer, then))]
        if part.high == 0:
            return [then]
        again = part if part.high is None else self._repeat(part, 0, part.high - 1)
        more = self._rest(part.body, self._rest(again, then))
        return [more, then] if part.greedy else [then, more]

    def _repeat(self, part: Repeat, low: int, high: int | None) -> Repeat:
        """The repetition with other bounds: one object for the same bounds, for rests are told apart by identity."""
        key = (id(part.body), low, high)
        return self._made.setdefault(key, Repeat(part.body, low, high, part.greedy))


def search(pattern: Pattern, text: str) -> Spans | None:
    """The leftmost match, or None. Raises TooLong."""
    return _Search(pattern, text).first(0, False)


def matches(pattern: Pattern, text: str) -> Iterator[Spans]:
    """All matches from left to right, none over another; an empty one may stand where another has ended. Raises TooLong."""
    searching = _Search(pattern, text)
    at, moving = 0, False
    while at <= len(text):
        found = searching.first(at, moving)
        if found is None:
            return
        yield found
        assert found[0] is not None
        start, at = found[0]
        moving = start == at
