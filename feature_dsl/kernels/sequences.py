"""Kernels that cut, fill and align lists place by place."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    KIND,
    MORE,
    ROWS,
    STATES,
    STEP,
    allocate,
    argument,
    copy_value,
    copy_values,
    inline,
    list_end,
    list_start,
    missing,
    new_elements,
    new_lists,
    set_missing,
    wants_more,
)


@inline
def count_elements(frame: Any, source: Any) -> Any:
    """How many elements the lists of all rows have."""
    total = 0
    for row in range(frame[ROWS]):
        total += list_end(source, row) - list_start(source, row)
    return total


@inline
def gather(frame: Any, step: Any, source: Any, chosen: Any, count: Any) -> None:
    """Makes the result's elements those of a list at the chosen places (an address of words)."""
    out = new_elements(frame, step, count, wants_more(source[KIND], source[MORE] != 0))
    for place in range(count):
        copy_value(source, words(chosen)[place], out, place)


@inline
def _run(size: Any, start: Any, length: Any) -> Any:
    """The first and the end of the places from ``start`` on that a list of ``size`` has, without overflow."""
    first = start + size if start < 0 else start
    if first >= size or length < 1:
        return 0, 0
    if first >= 0:
        return first, size if length >= size - first else first + length
    return 0, max(min(first + length, size), 0)


@inline
def _cut(frame: Any, step: Any, starts: Any, lengths: Any) -> None:
    """The result's lists are runs of the first argument's: of each row its first place and its length."""
    source, offsets = argument(frame, step, 0), new_lists(frame, step)
    for row in range(frame[ROWS]):
        offsets[row + 1] = offsets[row] + lengths[row]
    out = new_elements(frame, step, offsets[frame[ROWS]], wants_more(source[KIND], source[MORE] != 0))
    for row in range(frame[ROWS]):
        copy_values(source, list_start(source, row) + starts[row], lengths[row], out, offsets[row])


@kernel
def take_last(frame: Any, step: Any) -> None:
    source, most = argument(frame, step, 0), words(argument(frame, step, 1)[DATA])[0]
    starts, lengths = words(allocate(frame, 8 * frame[ROWS])), words(allocate(frame, 8 * frame[ROWS]))
    for row in range(frame[ROWS]):
        size = list_end(source, row) - list_start(source, row)
        starts[row], lengths[row] = max(size - most, 0), min(size, most)
    _cut(frame, step, starts, lengths)


@kernel
def slice_of(frame: Any, step: Any) -> None:
    source, start, length = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    starts, lengths = words(allocate(frame, 8 * frame[ROWS])), words(allocate(frame, 8 * frame[ROWS]))
    for row in range(frame[ROWS]):
        first, most = row * start[STEP], row * length[STEP]
        if missing(start, first) or missing(length, most):
            starts[row], lengths[row] = 0, 0
        else:
            size = list_end(source, row) - list_start(source, row)
            begin, end = _run(size, words(start[DATA])[first], words(length[DATA])[most])
            starts[row], lengths[row] = begin, end - begin
    _cut(frame, step, starts, lengths)


@kernel
def reverse(frame: Any, step: Any) -> None:
    source, offsets = argument(frame, step, 0), new_lists(frame, step)
    chosen, count = allocate(frame, 8 * count_elements(frame, source)), 0
    for row in range(frame[ROWS]):
        start, end = list_start(source, row), list_end(source, row)
        for place in range(end - start):
            words(chosen)[count + place] = end - 1 - place
        count += end - start
        offsets[row + 1] = count
    gather(frame, step, source, chosen, count)


@kernel
def mask(frame: Any, step: Any) -> None:
    """A missing bool's data are 0, so that a look at them is enough."""
    source, keep, offsets = argument(frame, step, 0), argument(frame, step, 1), new_lists(frame, step)
    chosen, count = allocate(frame, 8 * count_elements(frame, source)), 0
    for row in range(frame[ROWS]):
        start, other = list_start(source, row), list_start(keep, row)
        for place in range(min(list_end(source, row) - start, list_end(keep, row) - other)):
            if words(keep[DATA])[other + place] != 0:
                words(chosen)[count] = start + place
                count += 1
        offsets[row + 1] = count
    gather(frame, step, source, chosen, count)


@kernel
def pad_left(frame: Any, step: Any) -> None:
    source, filler = argument(frame, step, 0), argument(frame, step, 2)
    length, offsets = words(argument(frame, step, 1)[DATA])[0], new_lists(frame, step)
    out = new_elements(frame, step, length * frame[ROWS], wants_more(source[KIND], filler[MORE] != 0))
    for row in range(frame[ROWS]):
        offsets[row + 1] = (row + 1) * length
        start, first = list_start(source, row), list_end(source, row) - length
        for place in range(length):
            if first + place >= start and not missing(source, first + place):
                copy_value(source, first + place, out, row * length + place)
            else:
                copy_value(filler, row * filler[STEP], out, row * length + place)


@kernel
def align(frame: Any, step: Any) -> None:
    source, other, offsets = argument(frame, step, 0), argument(frame, step, 1), new_lists(frame, step)
    for row in range(frame[ROWS]):
        offsets[row + 1] = offsets[row] + list_end(other, row) - list_start(other, row)
    out = new_elements(frame, step, offsets[frame[ROWS]], wants_more(source[KIND], True))
    for row in range(frame[ROWS]):
        start, length = list_start(source, row), offsets[row + 1] - offsets[row]
        kept = min(list_end(source, row) - start, length)
        copy_values(source, start, kept, out, offsets[row])
        for place in range(offsets[row] + kept, offsets[row + 1]):
            set_missing(out, place)


@kernel
def repeat(frame: Any, step: Any) -> None:
    source, length = argument(frame, step, 0), words(argument(frame, step, 1)[DATA])[0]
    offsets = new_lists(frame, step)
    out = new_elements(frame, step, length * frame[ROWS], wants_more(source[KIND], source[MORE] != 0))
    for row in range(frame[ROWS]):
        for place in range(row * length, (row + 1) * length):
            copy_value(source, row * source[STEP], out, place)
        offsets[row + 1] = (row + 1) * length


@kernel
def concat_lists(frame: Any, step: Any) -> None:
    inputs, offsets, may_miss = step[STATES] - ARGUMENTS, new_lists(frame, step), False
    for row in range(frame[ROWS]):
        offsets[row + 1] = offsets[row]
        for number in range(inputs):
            source = argument(frame, step, number)
            offsets[row + 1] += list_end(source, row) - list_start(source, row)
    for number in range(inputs):
        may_miss = may_miss or argument(frame, step, number)[MORE] != 0
    out = new_elements(frame, step, offsets[frame[ROWS]], wants_more(argument(frame, step, 0)[KIND], may_miss))
    for row in range(frame[ROWS]):
        place = offsets[row]
        for number in range(inputs):
            source = argument(frame, step, number)
            start, end = list_start(source, row), list_end(source, row)
            copy_values(source, start, end - start, out, place)
            place += end - start
