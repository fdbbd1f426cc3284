"""Kernels that compare a query's words with a title's. Missing elements are no words.

Each row's words are looked at through places: indexes of the present elements, in order.
"""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.kernels.comparison import same_value
from feature_dsl.kernels.tables import clear, find_slot, table_size
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats, words
from feature_dsl.machine.registers import DATA, ROWS, allocate, argument, inline, list_end, list_start, missing, new_values


@inline
def longest(frame: Any, source: Any) -> Any:
    """The number of elements of the longest list."""
    most = 0
    for row in range(frame[ROWS]):
        most = max(most, list_end(source, row) - list_start(source, row))
    return most


@inline
def _present(source: Any, row: Any, places: Any) -> Any:
    """Fills in the places of a row's words, and returns how many there are."""
    count = 0
    for at in range(list_start(source, row), list_end(source, row)):
        if not missing(source, at):
            places[count] = at
            count += 1
    return count


@inline
def _distinct(source: Any, places: Any, count: Any, slots: Any) -> Any:
    """Keeps the first place of each word, and returns how many there are."""
    size, kept = table_size(count), 0
    clear(slots, size)
    for number in range(count):
        slot = find_slot(source, places[number], source, slots, size)
        if words(slots)[slot] < 0:
            words(slots)[slot] = places[number]
            places[kept] = places[number]
            kept += 1
    return kept


@inline
def _count_common(query: Any, first: Any, one: Any, title: Any, second: Any, other: Any, slots: Any) -> Any:
    """How many of the ``one`` places of the query hold words that stand at one of the ``other`` places of the title."""
    size, common = table_size(other), 0
    clear(slots, size)
    for number in range(other):
        words(slots)[find_slot(title, second[number], title, slots, size)] = second[number]
    for number in range(one):
        if words(slots)[find_slot(query, first[number], title, slots, size)] >= 0:
            common += 1
    return common


@inline
def _room(frame: Any, source: Any) -> Any:
    """Room for the places of any row."""
    return words(allocate(frame, 8 * longest(frame, source)))


@inline
def _table(frame: Any, query: Any, title: Any) -> Any:
    """Room for a table of any row's words, of either side."""
    return allocate(frame, 8 * table_size(max(longest(frame, query), longest(frame, title))))


@kernel
def count(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    first, second, slots = _room(frame, query), _room(frame, title), _table(frame, query, title)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = _count_common(query, first, _present(query, row, first), title, second, _present(title, row, second), slots)


@kernel
def ratio(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    first, second, slots = _room(frame, query), _room(frame, title), _table(frame, query, title)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        one, other = _present(query, row, first), _present(title, row, second)
        out[row] = _count_common(query, first, one, title, second, other, slots) / one if one > 0 and other > 0 else math.nan


@kernel
def jaccard(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    first, second, slots = _room(frame, query), _room(frame, title), _table(frame, query, title)
    out = floats(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        one = _distinct(query, first, _present(query, row, first), slots)
        other = _distinct(title, second, _present(title, row, second), slots)
        common = _count_common(query, first, one, title, second, other, slots)
        out[row] = common / (one + other - common) if one > 0 and other > 0 else math.nan


@kernel
def contains(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    first, second = _room(frame, query), _room(frame, title)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        one, other, found = _present(query, row, first), _present(title, row, second), 0
        for number in range(other):
            if found < one and same_value(query, first[found], title, second[number]):
                found += 1
        out[row] = 1 if one > 0 and found == one else 0


@inline
def _stands_at(query: Any, first: Any, one: Any, title: Any, second: Any, start: Any) -> Any:
    """Whether the query's words stand in the title one after another, from a word's number on."""
    number = 0
    while number < one and same_value(query, first[number], title, second[start + number]):
        number += 1
    return number == one


@kernel
def equal(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    first, second = _room(frame, query), _room(frame, title)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        one, other = _present(query, row, first), _present(title, row, second)
        out[row] = 1 if one > 0 and one == other and _stands_at(query, first, one, title, second, 0) else 0


@kernel
def index(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    first, second = _room(frame, query), _room(frame, title)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        one, other = _present(query, row, first), _present(title, row, second)
        out[row] = -1
        if one > 0:
            for start in range(other - one + 1):
                if _stands_at(query, first, one, title, second, start):
                    out[row] = start
                    break
