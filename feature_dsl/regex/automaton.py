"""From a pattern to tables that a kernel walks, twice over each text and no more.

Backwards: a deterministic automaton whose state says which of the pattern's characters can stand here so that a match
follows. Forwards: from a begin that the first walk has found, always the first of a character's successors, in the order of
the pattern's choices, from which a match follows. So the first match in backtracking order is found without backtracking.
The successors of a character are those of Glushkov's construction, put in order as in Pike's virtual machine.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from feature_dsl import limits
from feature_dsl.regex.parser import PatternProblem, parse
from feature_dsl.regex.tree import Chain, Chars, Choice, Edge, Group, Part, Ranges, Repeat

ACCEPT = -1


@dataclass(frozen=True, slots=True)
class _Char:
    """Reads the character of a position."""

    position: int
    then: int


@dataclass(frozen=True, slots=True)
class _Fork:
    """Goes on at any of several places, the best first."""

    to: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    """Remembers the place in slots (a set of bits)."""

    slots: int
    then: int


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Goes on at the begin or the end of the text alone."""

    begin: bool
    then: int


_Step = _Char | _Fork | _Mark | _Anchor


@dataclass(frozen=True, slots=True)
class Automaton:
    """Tables of one pattern. P positions (characters of the pattern), S states of the walk backwards, C classes of code points.

    :param cuts: first code point of each class, rising, ``cuts[0]`` is 0.
    :param moves: S×C, row by row: the state before a code point of a class. State 0 is the end of the text.
    :param live: S×P: 1 where a match can follow from a position that stands here.
    :param starts: S×2: 1 where a match begins here, by whether here is the begin of the text.
    :param lists: L+1 offsets into ``targets``: lists 0 to 3 are the match's begin by ``2·at_begin + at_end``, list ``4 + 2·p + at_end``
        what follows position p.
    :param targets: positions, or -1 for the match's end, the best first.
    :param marks: for each target, the slots that remember this place: bit 2k where group ``groups[k]`` begins, bit 2k+1 where it ends.
    :param groups: the groups whose places are remembered.
    """

    cuts: tuple[int, ...]
    moves: tuple[int, ...]
    live: bytes
    starts: bytes
    lists: tuple[int, ...]
    targets: tuple[int, ...]
    marks: tuple[int, ...]
    groups: tuple[int, ...]
    positions: int


@functools.lru_cache(maxsize=256)
def build(text: str, groups: tuple[int, ...] = ()) -> Automaton:
    """The tables of a pattern that remember some of its groups.

    :raises PatternProblem: where the pattern cannot be read, or its tables would be too large.
    """
    graph = _Graph(parse(text).root, groups)
    lists: list[list[tuple[int, int]]] = [graph.closure(graph.start, begin, end) for begin in (False, True) for end in (False, True)]
    for then in graph.thens:
        lists += [graph.closure(then, False, end) for end in (False, True)]
        if sum(map(len, lists)) > limits.PATTERN_CELLS:
            raise PatternProblem("the pattern is too large: too many ways lead from one of its characters to another")
    cuts = _cuts(graph.sets)
    moves, live = _states(graph.sets, cuts, lists)
    offsets = [0]
    for targets in lists:
        offsets.append(offsets[-1] + len(targets))
    edges = [edge for targets in lists for edge in targets]
    count = len(graph.sets)
    return Automaton(
        tuple(cuts), tuple(moves), b"".join(_bits(state, count) for state in live),
        bytes(_begins(lists[2 * begin + (state == 0)], mask) for state, mask in enumerate(live) for begin in (0, 1)),
        tuple(offsets), tuple(target for target, _ in edges), tuple(slots for _, slots in edges), groups, count,
    )  # fmt: skip


class _Graph:
    """Steps of the pattern, its repetitions written out. ``sets`` and ``thens`` are by position."""

    def __init__(self, root: Part, groups: tuple[int, ...]) -> None:
        self.sets: list[Ranges] = []
        self.thens: list[int] = []
        self._steps: list[_Step | None] = []
        self._groups = {number: index for index, number in enumerate(groups)}
        self.start = self._add(root, ACCEPT)

    def _step(self, step: _Step) -> int:
        self._steps.append(step)
        return len(self._steps) - 1

    def _add(self, part: Part, then: int) -> int:
        """The place where a part begins that goes on at ``then``."""
        adders: dict[type[Part], Callable[..., int]] = {
            Chars: self._chars, Chain: self._chain, Choice: self._choice, Edge: self._edge, Group: self._group, Repeat: self._repeat,
        }  # fmt: skip
        return adders[type(part)](part, then)

    def _chars(self, part: Chars, then: int) -> int:
        self.sets.append(part.ranges)
        self.thens.append(then)
        return self._step(_Char(len(self.sets) - 1, then))

    def _chain(self, part: Chain, then: int) -> int:
        for piece in reversed(part.parts):
            then = self._add(piece, then)
        return then

    def _choice(self, part: Choice, then: int) -> int:
        return self._step(_Fork(tuple(self._add(option, then) for option in part.options)))

    def _edge(self, part: Edge, then: int) -> int:
        return self._step(_Anchor(part.begin, then))

    def _group(self, part: Group, then: int) -> int:
        if part.number not in self._groups:
            return self._add(part.body, then)
        slot = 2 * self._groups[part.number]
        close = self._step(_Mark(2 << slot, then))
        return self._step(_Mark(1 << slot, self._add(part.body, close)))

    def _repeat(self, part: Repeat, then: int) -> int:
        rest, copies = then, part.low
        if part.high is None:
            loop = len(self._steps)
            self._steps.append(None)
            body = self._add(part.body, loop)
            self._steps[loop] = self._fork(part, body, then)
            rest, copies = (body, copies - 1) if copies else (loop, 0)
        else:
            for _ in range(part.high - part.low):
                rest = self._step(self._fork(part, self._add(part.body, rest), then))
        for _ in range(copies):
            rest = self._add(part.body, rest)
        return rest

    @staticmethod
    def _fork(part: Repeat, more: int, then: int) -> _Fork:
        return _Fork((more, then) if part.greedy else (then, more))

    def closure(self, start: int, begin: bool, end: bool) -> list[tuple[int, int]]:
        """Positions, or ACCEPT, that are reached without reading, the best way first, with the slots marked on that way."""
        found: list[tuple[int, int]] = []
        seen: set[int] = set()
        stack = [(start, 0)]
        while stack:
            place, slots = stack.pop()
            if place in seen:
                continue
            seen.add(place)
            step = None if place == ACCEPT else self._steps[place]
            if isinstance(step, _Fork):
                stack += [(to, slots) for to in reversed(step.to)]
            elif isinstance(step, _Mark):
                stack.append((step.then, slots | step.slots))
            elif isinstance(step, _Anchor):
                if begin if step.begin else end:
                    stack.append((step.then, slots))
            else:
                found.append((ACCEPT if step is None else step.position, slots))
        return found


def _cuts(sets: list[Ranges]) -> list[int]:
    """Where one class of code points ends and the next begins: within a class, all are alike to the pattern."""
    return sorted({0, *(edge for ranges in sets for low, high in ranges for edge in (low, high + 1))})


def _states(sets: list[Ranges], cuts: list[int], lists: list[list[tuple[int, int]]]) -> tuple[list[int], list[int]]:
    """The walk backwards by the subset construction: moves, and each state's live positions as bits."""
    accepts = [0] * len(cuts)
    for position, ranges in enumerate(sets):
        for low, high in ranges:
            for index in range(bisect_right(cuts, low) - 1, bisect_right(cuts, high)):
                accepts[index] |= 1 << position
    before = [0] * (len(sets) + 1)  # the last is ACCEPT's
    last = 0
    for position in range(len(sets)):
        for target, _ in lists[4 + 2 * position]:
            before[target] |= 1 << position
        last |= (1 << position) * any(target == ACCEPT for target, _ in lists[5 + 2 * position])
    states, live, moves = {}, [0], []
    done = 0
    while done < len(live):
        possible = before[ACCEPT] if done else last
        for position in _ones(live[done]):
            possible |= before[position]
        for mask in accepts:
            alive = possible & mask
            if alive not in states:
                states[alive] = len(live)
                live.append(alive)
            moves.append(states[alive])
        done += 1
        if len(live) * (len(cuts) + len(sets)) > limits.PATTERN_CELLS:
            message = f"the pattern is too large: its automaton needs more than {limits.PATTERN_CELLS:,} cells"
            raise PatternProblem(f"{message}; shorten repetitions such as {{2,50}}")
    return moves, live


def _ones(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _bits(mask: int, count: int) -> bytes:
    row = bytearray(count)
    for position in _ones(mask):
        row[position] = 1
    return bytes(row)


def _begins(targets: list[tuple[int, int]], live: int) -> bool:
    return any(target == ACCEPT or live >> target & 1 for target, _ in targets)
