"""Kernels of how near a query's words stand to each other in a title: the shortest run with all, distances of pairs."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.kernels.overlap import longest
from feature_dsl.kernels.tables import clear, find_slot, table_size
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats, words
from feature_dsl.machine.registers import DATA, MORE, ROWS, allocate, argument, inline, list_end, list_start, missing, new_values


@inline
def _number_words(query: Any, row: Any, slots: Any, size: Any, numbers: Any) -> Any:
    """Puts the different words of a row's query into a table, numbers them from 0 at their places, and counts them."""
    start, count = list_start(query, row), 0
    clear(slots, size)
    for at in range(start, list_end(query, row)):
        if missing(query, at):
            continue
        slot = find_slot(query, at, query, slots, size)
        if words(slots)[slot] < 0:
            words(slots)[slot] = at
            numbers[at - start] = count
            count += 1
    return count


@inline
def _number_title(query: Any, title: Any, row: Any, slots: Any, size: Any, numbers: Any, out: Any) -> Any:
    """For each word of a row's title its number in the query, -1 where the query has it not; returns how many words there are."""
    start, count = list_start(query, row), 0
    for at in range(list_start(title, row), list_end(title, row)):
        if missing(title, at):
            continue
        held = words(slots)[find_slot(title, at, query, slots, size)]
        out[count] = numbers[held - start] if held >= 0 else -1
        count += 1
    return count


@inline
def _shortest_run(numbers: Any, count: Any, wanted: Any, seen: Any) -> Any:
    """Length of the shortest run that has all of ``wanted`` numbers, 0 where there is none: two ends that only move on."""
    for number in range(wanted):
        seen[number] = 0
    best, start, found = 0, 0, 0
    for end in range(count):
        if numbers[end] >= 0:
            found += 1 if seen[numbers[end]] == 0 else 0
            seen[numbers[end]] += 1
        while found == wanted:
            length = end + 1 - start
            best = length if best == 0 else min(best, length)
            if numbers[start] >= 0:
                seen[numbers[start]] -= 1
                found -= 1 if seen[numbers[start]] == 0 else 0
            start += 1
    return best


@kernel
def cover(frame: Any, step: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    one, other = longest(frame, query), longest(frame, title)
    size = table_size(one)
    slots, numbers, seen = allocate(frame, 8 * size), words(allocate(frame, 8 * one)), words(allocate(frame, 8 * one))
    found = words(allocate(frame, 8 * other))
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        wanted = _number_words(query, row, slots, size, numbers)
        count = _number_title(query, title, row, slots, size, numbers, found)
        out[row] = _shortest_run(found, count, wanted, seen) if wanted > 0 else 0


@inline
def _group(numbers: Any, count: Any, wanted: Any, starts: Any, places: Any) -> None:
    """Places of each number, in order: those of number n lie from ``starts[n]`` to ``starts[n + 1]``."""
    for number in range(wanted + 1):
        starts[number] = 0
    for place in range(count):
        if numbers[place] >= 0:
            starts[numbers[place] + 1] += 1
    for number in range(wanted):
        starts[number + 1] += starts[number]
    for place in range(count):
        if numbers[place] >= 0:
            places[starts[numbers[place]]] = place
            starts[numbers[place]] += 1
    for number in range(wanted, 0, -1):
        starts[number] = starts[number - 1]
    starts[0] = 0


@inline
def _nearest(places: Any, one: Any, one_end: Any, other: Any, other_end: Any) -> Any:
    """The least distance between two rising runs of places, neither empty."""
    best = abs(places[one] - places[other])
    while one < one_end and other < other_end:
        best = min(best, abs(places[one] - places[other]))
        if places[one] < places[other]:
            one += 1
        else:
            other += 1
    return best


@inline
def _pairs(starts: Any, places: Any, wanted: Any) -> Any:
    """Of all pairs of words that stand there: least, greatest and summed distance, and how many they are."""
    least, most, total, pairs = 0, 0, 0, 0
    for one in range(wanted):
        for other in range(one + 1, wanted):
            if starts[one] < starts[one + 1] and starts[other] < starts[other + 1]:
                distance = _nearest(places, starts[one], starts[one + 1], starts[other], starts[other + 1])
                least = distance if pairs == 0 else min(least, distance)
                most = max(most, distance)
                total += distance
                pairs += 1
    return least, most, total, pairs


@inline
def _distance(frame: Any, step: Any, greatest: Any, mean: Any) -> None:
    query, title = argument(frame, step, 0), argument(frame, step, 1)
    one, other = longest(frame, query), longest(frame, title)
    size = table_size(one)
    slots, numbers, starts = allocate(frame, 8 * size), words(allocate(frame, 8 * one)), words(allocate(frame, 8 * (one + 1)))
    found, places = words(allocate(frame, 8 * other)), words(allocate(frame, 8 * other))
    out = new_values(frame, step, frame[ROWS], not mean)
    for row in range(frame[ROWS]):
        wanted = _number_words(query, row, slots, size, numbers)
        count = _number_title(query, title, row, slots, size, numbers, found)
        _group(found, count, wanted, starts, places)
        least, most, total, pairs = _pairs(starts, places, wanted)
        if mean:
            floats(out[DATA])[row] = total / pairs if pairs > 0 else math.nan
        else:
            words(out[DATA])[row] = most if greatest else least
            words(out[MORE])[row] = 0 if pairs > 0 else 1


@kernel
def distance_min(frame: Any, step: Any) -> None:
    _distance(frame, step, False, False)


@kernel
def distance_max(frame: Any, step: Any) -> None:
    _distance(frame, step, True, False)


@kernel
def distance_mean(frame: Any, step: Any) -> None:
    _distance(frame, step, False, True)
