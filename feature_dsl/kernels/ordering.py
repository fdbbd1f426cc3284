"""Kernels of sorted lists and of lists without repetitions."""

from __future__ import annotations

from typing import Any

from feature_dsl.kernels.sequences import count_elements, gather
from feature_dsl.kernels.tables import clear, find_slot, table_size
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats, memcmp, memcpy, words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    FLOAT,
    KIND,
    MORE,
    ROWS,
    STATES,
    TEXT,
    allocate,
    argument,
    inline,
    list_end,
    list_start,
    missing,
    new_lists,
)


@inline
def _less(keys: Any, one: Any, other: Any) -> Any:
    """Whether a present value comes before another present one in rising order."""
    if keys[KIND] == FLOAT:
        return floats(keys[DATA])[one] < floats(keys[DATA])[other]
    if keys[KIND] == TEXT:
        length, rest = words(keys[MORE])[one], words(keys[MORE])[other]
        order = memcmp(words(keys[DATA])[one], words(keys[DATA])[other], min(length, rest))
        return order < 0 or (order == 0 and length < rest)
    return words(keys[DATA])[one] < words(keys[DATA])[other]


@inline
def _merge(keys: Any, source: Any, left: Any, middle: Any, end: Any, target: Any, falling: Any) -> None:
    """Merges two sorted runs of places; of equal keys those of the left one come first."""
    one, other = left, middle
    for place in range(left, end):
        if one < middle and other < end:
            a, b = words(source)[one], words(source)[other]
            later = _less(keys, a, b) if falling else _less(keys, b, a)
        else:
            later = one >= middle
        if later:
            words(target)[place] = words(source)[other]
            other += 1
        else:
            words(target)[place] = words(source)[one]
            one += 1


@inline
def _sort_row(keys: Any, start: Any, known: Any, count: Any, falling: Any, order: Any, spare: Any) -> Any:
    """Puts the ``count`` places from ``start`` on in the order of their keys, missing keys last.

    Keys are known of the first ``known`` places. A merge sort from below: stable, and n log n whatever the data.

    :param order: address of ``count`` words for the places; ``spare``: of as many.
    :returns: how many keys are present.
    """
    present = 0
    for place in range(start, start + known):
        if not missing(keys, place):
            words(order)[present] = place
            present += 1
    rest = present
    for place in range(start, start + count):
        if place >= start + known or missing(keys, place):
            words(order)[rest] = place
            rest += 1
    width, source, target = 1, order, spare
    while width < present:
        for left in range(0, present, 2 * width):
            _merge(keys, source, left, min(left + width, present), min(left + 2 * width, present), target, falling)
        source, target = target, source
        width *= 2
    if source != order:
        memcpy(order, source, 8 * present)
    return present


@inline
def _is_falling(frame: Any, step: Any, place: Any) -> Any:
    """Whether the constant argument at a place, where there is one, is true."""
    return step[STATES] - ARGUMENTS > place and words(argument(frame, step, place)[DATA])[0] != 0


@inline
def _sorted(frame: Any, step: Any, keys: Any, falling: Any, most: Any) -> None:
    """The first argument's lists in the order of ``keys``; with ``most`` ≥ 0 at most so many, of those that are present."""
    source, offsets = argument(frame, step, 0), new_lists(frame, step)
    total, count = count_elements(frame, source), 0
    chosen, spare = allocate(frame, 8 * total), allocate(frame, 8 * total)
    for row in range(frame[ROWS]):
        start, begin = list_start(source, row), list_start(keys, row)
        size = list_end(source, row) - start
        known = min(list_end(keys, row) - begin, size)
        order = chosen + 8 * count
        present = _sort_row(keys, begin, known, size, falling, order, spare)
        kept = size if most < 0 else min(present, most)
        for place in range(kept):
            words(order)[place] += start - begin
        count += kept
        offsets[row + 1] = count
    gather(frame, step, source, chosen, count)


@kernel
def sort(frame: Any, step: Any) -> None:
    _sorted(frame, step, argument(frame, step, 0), _is_falling(frame, step, 1), -1)


@kernel
def sort_by(frame: Any, step: Any) -> None:
    _sorted(frame, step, argument(frame, step, 1), _is_falling(frame, step, 2), -1)


@kernel
def top_k(frame: Any, step: Any) -> None:
    _sorted(frame, step, argument(frame, step, 0), True, words(argument(frame, step, 1)[DATA])[0])


@kernel
def unique(frame: Any, step: Any) -> None:
    source, offsets = argument(frame, step, 0), new_lists(frame, step)
    total, count = count_elements(frame, source), 0
    chosen, slots = allocate(frame, 8 * total), allocate(frame, 8 * table_size(total))
    for row in range(frame[ROWS]):
        size = table_size(list_end(source, row) - list_start(source, row))
        clear(slots, size)
        for at in range(list_start(source, row), list_end(source, row)):
            slot = find_slot(source, at, source, slots, size)
            if words(slots)[slot] < 0:
                words(slots)[slot] = at
                words(chosen)[count] = at
                count += 1
        offsets[row + 1] = count
    gather(frame, step, source, chosen, count)
