"""Kernels of regular expressions: they walk the tables of ``regex.automaton`` once backwards and once forwards over each text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.texts import point
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import halves, memcpy, octets, words
from feature_dsl.machine.registers import DATA, MORE, STEP, allocate, argument, inline, new_values, size_of_result, state, state_length
from feature_dsl.machine.values import text_words
from feature_dsl.regex.automaton import build
from feature_dsl.regex.replacement import read_replacement, replaced_groups, wanted_groups
from feature_dsl.types import Type, Value

# Places of the tables in a step's state.
_ASCII, _CUTS, _MOVES, _LIVE, _STARTS, _LISTS, _TARGETS, _MARKS, _SIZES, _PIECES = range(10)
_INSIDE = -1
"""The state of a byte that does not begin a code point."""

Arrays = tuple[npt.NDArray[Any], ...]


def _tables(pattern: str, groups: tuple[int, ...]) -> Arrays:
    found = build(pattern, groups)
    cuts = np.array(found.cuts, np.int64)
    return (
        (np.searchsorted(cuts, np.arange(128), "right") - 1).astype(np.int64),
        cuts, np.array(found.moves, np.int32), np.frombuffer(found.live or b"\0", np.uint8), np.frombuffer(found.starts, np.uint8),
        np.array(found.lists, np.int64), np.array(found.targets, np.int64), np.array(found.marks, np.int64),
        np.array([found.positions, 2 * len(groups)], np.int64),
    )  # fmt: skip


def of_matches(values: tuple[Value, ...], types: tuple[Type, ...]) -> Arrays:
    """The state of ``regex_matches``."""
    return _tables(str(values[1]), ())


def of_extract(values: tuple[Value, ...], types: tuple[Type, ...]) -> Arrays:
    """The state of ``regex_extract``."""
    return _tables(str(values[1]), wanted_groups(str(values[1])))


def of_replace(values: tuple[Value, ...], types: tuple[Type, ...]) -> Arrays:
    """The state of ``regex_replace``: after the tables its pieces: slot of a group's begin (-1: the match, -2: a text), texts."""
    pieces = read_replacement(str(values[2] or ""))
    groups = replaced_groups(pieces)
    slots = [-2 if isinstance(piece, str) else 2 * groups.index(piece) if piece else -1 for piece in pieces]
    texts = text_words([piece if isinstance(piece, str) else None for piece in pieces])
    return (*_tables(str(values[1]), groups), np.array(slots, np.int64), *texts)


@inline
def _class(step: Any, letters: Any, start: Any, end: Any) -> Any:
    """The class of the code point whose bytes are ``start`` to ``end``."""
    if letters[start] < 128:
        return words(state(step, _ASCII))[letters[start]]
    value, cuts = point(letters, start, end), words(state(step, _CUTS))
    low, high = 0, state_length(step, _CUTS)
    while high - low > 1:
        middle = (low + high) >> 1
        if cuts[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@inline
def _point_before(letters: Any, end: Any) -> Any:
    """Where the code point that ends at ``end`` begins."""
    start = end - 1
    while start > 0 and end - start < 4 and letters[start] & 0xC0 == 0x80:
        start -= 1
    return start


@inline
def _found(step: Any, text: Any, length: Any) -> Any:
    """Whether the pattern is found somewhere."""
    letters, moves, starts, classes = octets(text), halves(state(step, _MOVES)), octets(state(step, _STARTS)), state_length(step, _CUTS)
    at, current = length, np.int64(0)
    while True:
        if starts[2 * current + (1 if at == 0 else 0)] != 0:
            return True
        if at == 0:
            return False
        start = _point_before(letters, at)
        current = np.int64(moves[current * classes + _class(step, letters, start, at)])
        at = start


@kernel
def matches(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    out = words(new_values(frame, step, count, False)[DATA])
    for row in range(count):
        at = row * source[STEP]
        length = words(source[MORE])[at]
        out[row] = 1 if length > 0 and _found(step, words(source[DATA])[at], length) else 0


@inline
def _walk(step: Any, text: Any, length: Any, states: Any) -> None:
    """The walk backwards: the state at each code point and at the end."""
    letters, moves, classes = octets(text), halves(state(step, _MOVES)), state_length(step, _CUTS)
    at, current = length, np.int64(0)
    states[length] = 0
    while at > 0:
        start = _point_before(letters, at)
        current = np.int64(moves[current * classes + _class(step, letters, start, at)])
        states[start] = current
        for inside in range(start + 1, at):
            states[inside] = _INSIDE
        at = start


@inline
def _after(states: Any, at: Any, length: Any) -> Any:
    at += 1
    while at < length and states[at] == _INSIDE:
        at += 1
    return at


@inline
def _choose(step: Any, chosen_list: Any, current: Any, empty_too: Any) -> Any:
    """The first target of a list from which a match follows, or -1 where there is none."""
    lists, targets, live = words(state(step, _LISTS)), words(state(step, _TARGETS)), octets(state(step, _LIVE))
    positions = words(state(step, _SIZES))[0]
    for edge in range(lists[chosen_list], lists[chosen_list + 1]):
        target = targets[edge]
        if (target >= 0 and live[current * positions + target] != 0) or (target < 0 and empty_too):
            return edge
    return -1


@inline
def _match(step: Any, states: Any, length: Any, start: Any, moving: Any, slots: Any) -> Any:
    """Begin and end of the leftmost match from ``start`` on, or a begin of -1; with ``moving`` no empty one at ``start``."""
    begin, edge = start, -1
    while begin <= length:
        which = (2 if begin == 0 else 0) + (1 if begin == length else 0)
        edge = _choose(step, which, np.int64(states[begin]), not (moving and begin == start))
        if edge >= 0:
            break
        begin = _after(states, begin, length) if begin < length else length + 1
    if edge < 0:
        return -1, -1
    targets, marks, sizes = words(state(step, _TARGETS)), words(state(step, _MARKS)), words(state(step, _SIZES))
    for slot in range(sizes[1]):
        slots[slot] = -1
    at = begin
    while True:
        for slot in range(sizes[1]):
            if marks[edge] >> slot & 1:
                slots[slot] = at
        target = targets[edge]
        if target < 0:
            return begin, at
        at = _after(states, at, length)
        edge = _choose(step, 4 + 2 * target + (1 if at == length else 0), np.int64(states[at]), True)


@inline
def _room(frame: Any, step: Any, source: Any, count: Any) -> Any:
    """Room for the states of the longest text, and for the slots."""
    longest = 0
    for row in range(count):
        longest = max(longest, words(source[MORE])[row * source[STEP]])
    return halves(allocate(frame, 4 * (longest + 1))), words(allocate(frame, 8 * words(state(step, _SIZES))[1]))


@kernel
def extract(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    out = new_values(frame, step, count, True)
    states, slots = _room(frame, step, source, count)
    grouped = words(state(step, _SIZES))[1] > 0
    for row in range(count):
        text, length = words(source[DATA])[row * source[STEP]], words(source[MORE])[row * source[STEP]]
        begin, end = -1, -1
        if length > 0:
            _walk(step, text, length, states)
            begin, end = _match(step, states, length, 0, False, slots)
            if begin >= 0 and grouped:
                begin, end = slots[0], slots[1]
        words(out[DATA])[row] = text + max(begin, 0)
        words(out[MORE])[row] = end - begin


@inline
def _put(step: Any, text: Any, begin: Any, end: Any, slots: Any, target: Any, writes: Any) -> Any:
    """Writes the replacement of a match, or only measures it, and gives its length."""
    pieces, addresses, lengths = words(state(step, _PIECES)), words(state(step, _PIECES + 1)), words(state(step, _PIECES + 2))
    total = 0
    for piece in range(state_length(step, _PIECES)):
        slot = pieces[piece]
        if slot == -2:
            address, size = addresses[piece], lengths[piece]
        elif slot == -1:
            address, size = text + begin, end - begin
        else:
            address, size = text + slots[slot], slots[slot + 1] - slots[slot]
        if writes:
            memcpy(target + total, address, size)
        total += size
    return total


@inline
def _replaced(step: Any, text: Any, length: Any, states: Any, slots: Any, target: Any, writes: Any) -> Any:
    """Writes a text with its matches replaced, or only measures it, and gives its length."""
    at, total, moving = 0, 0, False
    while True:
        begin, end = _match(step, states, length, at, moving, slots)
        stop = begin if begin >= 0 else length
        if writes:
            memcpy(target + total, text + at, stop - at)
        total += stop - at
        if begin < 0:
            return total
        total += _put(step, text, begin, end, slots, target + total, writes)
        at, moving = end, begin == end


@kernel
def replace(frame: Any, step: Any) -> None:
    source, count = argument(frame, step, 0), size_of_result(frame, step)
    out = new_values(frame, step, count, True)
    states, slots = _room(frame, step, source, count)
    for row in range(count):
        text, length = words(source[DATA])[row * source[STEP]], words(source[MORE])[row * source[STEP]]
        total, target = 0, np.int64(0)
        if length > 0:
            _walk(step, text, length, states)
            total = _replaced(step, text, length, states, slots, target, False)
            target = allocate(frame, total)
            _replaced(step, text, length, states, slots, target, True)
        words(out[DATA])[row], words(out[MORE])[row] = target, total
