"""Kernels of parts of texts, and of texts made of parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.strings import find
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.memory import memcmp, memcpy, octets, words
from feature_dsl.machine.registers import (
    DATA,
    MORE,
    ROWS,
    STEP,
    allocate,
    argument,
    inline,
    list_end,
    list_start,
    new_elements,
    new_lists,
    new_values,
    size_of_result,
    state,
    state_length,
)
from feature_dsl.types import Type, Value


@inline
def next_point(letters: Any, at: Any, end: Any) -> Any:
    """Where the code point after the one at ``at`` begins."""
    at += 1
    while at < end and letters[at] & 0xC0 == 0x80:
        at += 1
    return at


@inline
def point(letters: Any, start: Any, end: Any) -> Any:
    """The code point whose bytes are ``start`` to ``end``."""
    lead, size = np.int64(letters[start]), end - start
    if size == 1:
        return lead
    value = lead & (0x7F >> size)
    for at in range(start + 1, end):
        value = value << 6 | np.int64(letters[at]) & 0x3F
    return value


@kernel
def join(frame: Any, step: Any) -> None:
    source, separator = argument(frame, step, 0), argument(frame, step, 1)
    mark, width = words(separator[DATA])[0], words(separator[MORE])[0]
    out = new_values(frame, step, frame[ROWS], True)
    sizes = words(source[MORE])
    for row in range(frame[ROWS]):
        total, parts = 0, 0
        for at in range(list_start(source, row), list_end(source, row)):
            total += sizes[at]
            parts += 1 if sizes[at] > 0 else 0
        total += width * max(parts - 1, 0)
        target = allocate(frame, total)
        words(out[DATA])[row], words(out[MORE])[row] = target, total
        for at in range(list_start(source, row), list_end(source, row)):
            if sizes[at] > 0:
                memcpy(target, words(source[DATA])[at], sizes[at])
                target += sizes[at]
                parts -= 1
                if parts > 0:
                    memcpy(target, mark, width)
                    target += width


@elementwise(("utf8", "int64", "int64"), "utf8")
def substring(text: Any, start: Any, length: Any) -> Any:
    letters, end, at = octets(text[0]), text[1], 0
    if start < 0:
        at = end
        while start < 0 and at > 0:
            at -= 1
            while at > 0 and letters[at] & 0xC0 == 0x80:
                at -= 1
            start += 1
    else:
        while start > 0 and at < end:
            at = next_point(letters, at, end)
            start -= 1
    stop = at
    while length > 0 and stop < end:
        stop = next_point(letters, stop, end)
        length -= 1
    return text[0] + at, stop - at


@kernel
def replace(frame: Any, step: Any) -> None:
    source, old, new = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    mark, width = words(old[DATA])[0], words(old[MORE])[0]
    put, size = words(new[DATA])[0], words(new[MORE])[0]
    count = size_of_result(frame, step)
    out = new_values(frame, step, count, True)
    for row in range(count):
        text, length = words(source[DATA])[row * source[STEP]], words(source[MORE])[row * source[STEP]]
        total, at = length, find(text, 0, length, mark, width)
        while at >= 0:
            total += size - width
            at = find(text, at + width, length, mark, width)
        target = allocate(frame, total)
        words(out[DATA])[row], words(out[MORE])[row] = target, total
        start, at = 0, find(text, 0, length, mark, width)
        while at >= 0:
            memcpy(target, text + start, at - start)
            memcpy(target + at - start, put, size)
            target += at - start + size
            start = at + width
            at = find(text, start, length, mark, width)
        memcpy(target, text + start, length - start)


@elementwise(("utf8", "utf8"), "utf8", with_frame=True)
def prefix(frame: Any, step: Any, before: Any, text: Any) -> Any:
    target = allocate(frame, before[1] + text[1])
    memcpy(target, before[0], before[1])
    memcpy(target + before[1], text[0], text[1])
    return target, before[1] + text[1]


@elementwise(("utf8", "utf8"), "bool", missing=False)
def starts_with(text: Any, part: Any) -> Any:
    return part[1] <= text[1] and memcmp(text[0], part[0], part[1]) == 0


@elementwise(("utf8", "utf8"), "bool", missing=False)
def ends_with(text: Any, part: Any) -> Any:
    return part[1] <= text[1] and memcmp(text[0] + text[1] - part[1], part[0], part[1]) == 0


def of_tokenise(values: tuple[Value, ...], types: tuple[Type, ...]) -> tuple[npt.NDArray[Any], ...]:
    """The state of ``tokenise``: its separators as code points."""
    return (np.array([ord(letter) for letter in str(values[1])], np.int64),)


@inline
def _separates(step: Any, value: Any) -> Any:
    separators = words(state(step, 0))
    for place in range(state_length(step, 0)):  # noqa: SIM110  (compiled: a loop)
        if separators[place] == value:
            return True
    return False


@inline
def _token(step: Any, letters: Any, at: Any, end: Any) -> Any:
    """Begin and end of the next token; they are equal where none follows."""
    start = at
    while at < end:
        following = next_point(letters, at, end)
        if _separates(step, point(letters, at, following)):
            if at > start:
                break
            start = following
        at = following
    return start, at


@kernel
def tokenise(frame: Any, step: Any) -> None:
    source = argument(frame, step, 0)
    offsets = new_lists(frame, step)
    for row in range(frame[ROWS]):
        letters, length = octets(words(source[DATA])[row * source[STEP]]), words(source[MORE])[row * source[STEP]]
        tokens, (start, end) = 0, _token(step, letters, 0, length)
        while end > start:
            tokens += 1
            start, end = _token(step, letters, end, length)
        offsets[row + 1] = offsets[row] + tokens
    out = new_elements(frame, step, offsets[frame[ROWS]], True)
    place = 0
    for row in range(frame[ROWS]):
        text, length = words(source[DATA])[row * source[STEP]], words(source[MORE])[row * source[STEP]]
        start, end = _token(step, octets(text), 0, length)
        while end > start:
            words(out[DATA])[place], words(out[MORE])[place] = text + start, end - start
            place += 1
            start, end = _token(step, octets(text), end, length)
