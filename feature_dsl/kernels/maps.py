"""Kernels of maps in texts and in lists."""

from __future__ import annotations

from typing import Any

from feature_dsl.kernels.strings import count_parts, find
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import memcmp, octets, words
from feature_dsl.machine.registers import (
    COUNT,
    DATA,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STEP,
    TEXT,
    allocate,
    argument,
    copy_value,
    inline,
    list_end,
    list_start,
    missing,
    new_elements,
    new_lists,
    new_values,
    set_missing,
    size_of_result,
    wants_more,
)

_ANY = 42  # "*"


@inline
def _pairs(frame: Any, step: Any, values: Any) -> None:
    """The keys, or the values, of pairs that have a key."""
    source, between, within = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    mark, width = words(between[DATA])[0], words(between[MORE])[0]
    sign, size = words(within[DATA])[0], words(within[MORE])[0]
    data, more, stride = words(source[DATA]), words(source[MORE]), source[STEP]
    offsets, most = new_lists(frame, step), 0
    for row in range(frame[ROWS]):
        most += count_parts(data[row * stride], more[row * stride], mark, width)
    out = new_elements(frame, step, most, True)
    addresses, lengths, place = words(out[DATA]), words(out[MORE]), 0
    for row in range(frame[ROWS]):
        text, length, start = data[row * stride], more[row * stride], 0
        while start < length:
            at = find(text, start, length, mark, width)
            end = at if at >= 0 else length
            at = find(text, start, end, sign, size)
            middle = at if at >= 0 else end
            if middle > start:
                begin = min(middle + size, end) if values else start
                addresses[place], lengths[place] = text + begin, (end if values else middle) - begin
                place += 1
            start = end + width
        offsets[row + 1] = place
    out[COUNT] = place


@kernel
def kv_keys(frame: Any, step: Any) -> None:
    _pairs(frame, step, False)


@kernel
def kv_values(frame: Any, step: Any) -> None:
    _pairs(frame, step, True)


@kernel
def lookup(frame: Any, step: Any) -> None:
    """The value beside a key, or beside each of a list of keys."""
    keys, values, wanted = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    out = new_values(frame, step, size_of_result(frame, step), wants_more(values[KIND], True))
    for row in range(frame[ROWS]):
        if wanted[OFFSETS] == 0:
            _find(keys, values, row, wanted, row * wanted[STEP], out, row)
        else:
            for at in range(list_start(wanted, row), list_end(wanted, row)):
                _find(keys, values, row, wanted, at, out, at)


@inline
def _find(keys: Any, values: Any, row: Any, wanted: Any, at: Any, out: Any, place: Any) -> None:
    start, first = list_start(keys, row), list_start(values, row)
    if not missing(wanted, at):
        for key in range(start, list_end(keys, row)):
            if not missing(keys, key) and _same(keys, key, wanted, at):
                if first + key - start < list_end(values, row):
                    copy_value(values, first + key - start, out, place)
                    return
                break
    set_missing(out, place)


@inline
def _same(left: Any, at: Any, right: Any, place: Any) -> Any:
    if left[KIND] != TEXT:
        return words(left[DATA])[at] == words(right[DATA])[place]
    size = words(left[MORE])[at]
    return size == words(right[MORE])[place] and memcmp(words(left[DATA])[at], words(right[DATA])[place], size) == 0


@inline
def _until(letters: Any, at: Any, end: Any, sign: Any) -> Any:
    """Where a byte stands first, or the end."""
    while at < end and letters[at] != sign:
        at += 1
    return at


@inline
def _fits(text: Any, length: Any, key: Any, size: Any) -> Any:
    """Whether a name is there and is the key, or any name will do."""
    if length == 0 or size == 0:
        return False
    return (size == 1 and octets(key)[0] == _ANY) or (size == length and memcmp(text, key, size) == 0)


@inline
def _matched(text: Any, length: Any, outer: Any, inner: Any, addresses: Any, lengths: Any, place: Any, writes: Any) -> Any:
    """Writes what fits from ``place`` on, or only counts it, and gives the place after it."""
    letters, group = octets(text), 0
    while group < length:
        end = _until(letters, group, length, 124)
        at = _until(letters, group, end, 94)
        pair = at + 1 if _fits(text + group, at - group, outer[0], outer[1]) else end
        while pair < end:
            stop = _until(letters, pair, end, 44)
            at = _until(letters, pair, stop, 58)
            if _fits(text + pair, at - pair, inner[0], inner[1]):
                begin = min(at + 1, stop)
                if writes:
                    addresses[place], lengths[place] = text + begin, stop - begin
                place += 1
            pair = stop + 1
        group = end + 1
    return place


@inline
def _text(source: Any, row: Any) -> Any:
    return words(source[DATA])[row * source[STEP]], words(source[MORE])[row * source[STEP]]


@kernel
def match(frame: Any, step: Any) -> None:
    source, outer, inner = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    offsets, nowhere = new_lists(frame, step), words(allocate(frame, 8))
    for row in range(frame[ROWS]):
        text, length = _text(source, row)
        offsets[row + 1] = _matched(text, length, _text(outer, row), _text(inner, row), nowhere, nowhere, offsets[row], False)
    out = new_elements(frame, step, offsets[frame[ROWS]], True)
    for row in range(frame[ROWS]):
        text, length = _text(source, row)
        _matched(text, length, _text(outer, row), _text(inner, row), words(out[DATA]), words(out[MORE]), offsets[row], True)
