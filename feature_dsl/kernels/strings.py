"""Kernels of texts: a text is an address and a length, so that a part of one needs no copy."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.memory import memcmp, memcpy, octets, words
from feature_dsl.machine.registers import (
    ARGUMENTS,
    DATA,
    MORE,
    ROWS,
    STATES,
    STEP,
    allocate,
    argument,
    inline,
    new_elements,
    new_lists,
    new_values,
)


@inline
def find(text: Any, start: Any, end: Any, part: Any, length: Any) -> Any:
    """Where a part of ``length`` ≥ 1 bytes stands first in the bytes ``start`` to ``end`` of a text, or -1."""
    letters, first = octets(text), octets(part)[0]
    for at in range(start, end - length + 1):
        if letters[at] == first and memcmp(text + at, part, length) == 0:
            return at
    return -1


@inline
def count_parts(text: Any, length: Any, separator: Any, width: Any) -> Any:
    """How many parts a text splits into; an empty one into none."""
    if length == 0:
        return 0
    parts, at = 1, find(text, 0, length, separator, width)
    while at >= 0:
        parts += 1
        at = find(text, at + width, length, separator, width)
    return parts


@kernel
def split(frame: Any, step: Any) -> None:
    source, separator = argument(frame, step, 0), argument(frame, step, 1)
    mark, width, stride = words(separator[DATA])[0], words(separator[MORE])[0], source[STEP]
    offsets = new_lists(frame, step)
    for row in range(frame[ROWS]):
        text, length = words(source[DATA])[row * stride], words(source[MORE])[row * stride]
        offsets[row + 1] = offsets[row] + count_parts(text, length, mark, width)
    out = new_elements(frame, step, offsets[frame[ROWS]], True)
    addresses, lengths = words(out[DATA]), words(out[MORE])
    part = 0
    for row in range(frame[ROWS]):
        text, length = words(source[DATA])[row * stride], words(source[MORE])[row * stride]
        if length == 0:
            continue
        start, at = 0, find(text, 0, length, mark, width)
        while at >= 0:
            addresses[part], lengths[part] = text + start, at - start
            part += 1
            start = at + width
            at = find(text, start, length, mark, width)
        addresses[part], lengths[part] = text + start, length - start
        part += 1


@kernel
def concat(frame: Any, step: Any) -> None:
    inputs = step[STATES] - ARGUMENTS
    out = new_values(frame, step, frame[ROWS], True)
    for row in range(frame[ROWS]):
        total = 0
        for place in range(inputs):
            source = argument(frame, step, place)
            total += words(source[MORE])[row * source[STEP]]
        target = allocate(frame, total)
        words(out[DATA])[row], words(out[MORE])[row] = target, total
        for place in range(inputs):
            source = argument(frame, step, place)
            at = row * source[STEP]
            memcpy(target, words(source[DATA])[at], words(source[MORE])[at])
            target += words(source[MORE])[at]


@inline
def _shifted(frame: Any, text: Any, low: Any, shift: Any) -> Any:
    """A copy in which the 26 letters from ``low`` on are shifted."""
    target = allocate(frame, text[1])
    letters, copies = octets(text[0]), octets(target)
    for at in range(text[1]):
        letter = letters[at]
        copies[at] = letter + shift if low <= letter < low + 26 else letter
    return target, text[1]


@elementwise(("utf8",), "utf8", with_frame=True)
def lower(frame: Any, step: Any, text: Any) -> Any:
    return _shifted(frame, text, 65, 32)


@elementwise(("utf8",), "utf8", with_frame=True)
def upper(frame: Any, step: Any, text: Any) -> Any:
    return _shifted(frame, text, 97, -32)


@inline
def is_blank(letter: Any) -> Any:
    """Space, tab, line ends, form feed."""
    return letter == 32 or 9 <= letter <= 13


@elementwise(("utf8",), "utf8")
def trim(text: Any) -> Any:
    letters, start, end = octets(text[0]), 0, text[1]
    while start < end and is_blank(letters[start]):
        start += 1
    while start < end and is_blank(letters[end - 1]):
        end -= 1
    return text[0] + start, end - start


@elementwise(("utf8", "utf8"), "bool", missing=False)
def contains(text: Any, part: Any) -> Any:
    return find(text[0], 0, text[1], part[0], part[1]) >= 0
