"""Kernels of lists."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import octets, words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STATES,
    STEP,
    argument,
    copy_value,
    copy_values,
    inline,
    list_end,
    list_start,
    missing,
    new_elements,
    new_lists,
    new_values,
    set_missing,
    share,
    size_of_result,
    wants_more,
)


@kernel
def array(frame: Any, step: Any) -> None:
    width = step[STATES] - ARGUMENTS
    offsets = new_lists(frame, step)
    may_miss = False
    for place in range(width):
        may_miss = may_miss or argument(frame, step, place)[MORE] != 0
    more = wants_more(argument(frame, step, 0)[KIND], may_miss)
    out = new_elements(frame, step, width * frame[ROWS], more)
    for place in range(width):
        source = argument(frame, step, place)
        for row in range(frame[ROWS]):
            copy_value(source, row * source[STEP], out, row * width + place)
    for row in range(frame[ROWS]):
        offsets[row + 1] = (row + 1) * width


@kernel
def get(frame: Any, step: Any) -> None:
    """The element at a position, or at each of a list of positions."""
    source, index = argument(frame, step, 0), argument(frame, step, 1)
    out = new_values(frame, step, size_of_result(frame, step), wants_more(source[KIND], True))
    for row in range(frame[ROWS]):
        if index[OFFSETS] == 0:
            _pick(source, row, index, row * index[STEP], out, row)
        else:
            for at in range(list_start(index, row), list_end(index, row)):
                _pick(source, row, index, at, out, at)


@inline
def _pick(source: Any, row: Any, index: Any, place: Any, out: Any, at: Any) -> None:
    start = list_start(source, row)
    chosen = words(index[DATA])[place]
    if missing(index, place) or chosen < 0 or chosen >= list_end(source, row) - start:
        set_missing(out, at)
    else:
        copy_value(source, start + chosen, out, at)


@kernel
def take_first(frame: Any, step: Any) -> None:
    source, most = argument(frame, step, 0), words(argument(frame, step, 1)[DATA])[0]
    offsets, cut = new_lists(frame, step), source[STEP] == 0
    for row in range(frame[ROWS]):
        length = list_end(source, row) - list_start(source, row)
        cut = cut or length > most
        offsets[row + 1] = offsets[row] + min(length, most)
    if not cut:
        share(frame, step, source)
        return
    out = new_elements(frame, step, offsets[frame[ROWS]], wants_more(source[KIND], source[MORE] != 0))
    for row in range(frame[ROWS]):
        copy_values(source, list_start(source, row), offsets[row + 1] - offsets[row], out, offsets[row])


@kernel
def drop_missing(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    offsets, cut = new_lists(frame, step), source[STEP] == 0
    for row in range(frame[ROWS]):
        present = 0
        for at in range(list_start(source, row), list_end(source, row)):
            if missing(source, at):
                cut = True
            else:
                present += 1
        offsets[row + 1] = offsets[row] + present
    if not cut:
        share(frame, step, source)
        return
    out = new_elements(frame, step, offsets[frame[ROWS]], wants_more(source[KIND], False))
    place = 0
    for row in range(frame[ROWS]):
        for at in range(list_start(source, row), list_end(source, row)):
            if not missing(source, at):
                copy_value(source, at, out, place)
                place += 1


@kernel
def pad(frame: Any, step: Any) -> None:
    source, filler = argument(frame, step, 0), argument(frame, step, 2)
    length = words(argument(frame, step, 1)[DATA])[0]
    offsets = new_lists(frame, step)
    out = new_elements(frame, step, length * frame[ROWS], wants_more(source[KIND], filler[MORE] != 0))
    for row in range(frame[ROWS]):
        offsets[row + 1] = (row + 1) * length
        start, end = list_start(source, row), list_end(source, row)
        for place in range(length):
            if start + place < end and not missing(source, start + place):
                copy_value(source, start + place, out, row * length + place)
            else:
                copy_value(filler, row * filler[STEP], out, row * length + place)


@inline
def code_points(text: Any, length: Any) -> Any:
    """How many bytes begin a code point."""
    letters, points = octets(text), 0
    for at in range(length):
        if letters[at] & 0xC0 != 0x80:
            points += 1
    return points


@kernel
def length(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        if source[OFFSETS] != 0:
            out[row] = list_end(source, row) - list_start(source, row)
        else:
            at = row * source[STEP]
            out[row] = code_points(words(source[DATA])[at], words(source[MORE])[at])
