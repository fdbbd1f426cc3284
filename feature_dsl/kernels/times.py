"""Kernels that make times: of texts, of milliseconds, and of the difference of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.dates import days_of
from feature_dsl.machine.compiled import by_types
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.integers import subtract
from feature_dsl.machine.memory import octets, words
from feature_dsl.machine.registers import allocate, inline, state, state_length
from feature_dsl.timeformat import DIRECTIVES, read_format
from feature_dsl.types import Type, Value

_DIRECTIVE = 256
_MOST_OFFSET = 1_080


@inline
def _digits(letters: Any, at: Any, end: Any) -> Any:
    """The number that digits from ``at`` to ``end`` spell, or -1."""
    value = np.int64(0)
    while at < end:
        digit = np.int64(letters[at]) - 48
        if digit < 0 or digit > 9:
            return np.int64(-1)
        value = value * 10 + digit
        at += 1
    return value


@inline
def _days_in(year: Any, month: Any) -> Any:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@inline
def _seconds(year: Any, month: Any, day: Any, hour: Any, minute: Any, second: Any, offset: Any) -> Any:
    """Seconds since 1970, and whether there is such a time; a part that is negative could not be read."""
    if year < 0 or not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return 0, False
    if not 0 <= hour < 24 or not 0 <= minute < 60 or not 0 <= second < 60:
        return 0, False
    return days_of(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second, True


@inline
def _zone(letters: Any, at: Any, end: Any, offset: Any) -> Any:
    """Minutes ahead of UTC that a text's end tells, and whether it is well formed."""
    if at == end:
        return offset, True
    if letters[at] == 90:  # Z
        return 0, at + 1 == end
    if letters[at] != 43 and letters[at] != 45:
        return 0, False
    colon = 1 if end - at == 6 and letters[at + 3] == 58 else 0
    if end - at != 5 + colon:
        return 0, False
    hours, minutes = _digits(letters, at + 1, at + 3), _digits(letters, at + 3 + colon, end)
    ahead = hours * 60 + minutes
    return ahead if letters[at] == 43 else -ahead, hours >= 0 and 0 <= minutes < 60 and ahead <= _MOST_OFFSET


@inline
def _iso(text: Any, offset: Any) -> Any:
    letters, end = octets(text[0]), text[1]
    if end < 10 or letters[4] != 45 or letters[7] != 45:
        return 0, False
    hour, minute, second, ahead, good = 0, 0, 0, offset, True
    if end > 10:
        if end < 16 or (letters[10] != 84 and letters[10] != 32) or letters[13] != 58:
            return 0, False
        hour, minute, at = _digits(letters, 11, 13), _digits(letters, 14, 16), 16
        if at < end and letters[at] == 58:
            if end < 19:
                return 0, False
            second, at = _digits(letters, 17, 19), 19
            if at < end and (letters[at] == 46 or letters[at] == 44):
                start = at + 1
                at = start
                while at < end and 48 <= letters[at] <= 57:
                    at += 1
                good = 1 <= at - start <= 9
        ahead, formed = _zone(letters, at, end, offset)
        good = good and formed
    if not good:
        return 0, False
    return _seconds(_digits(letters, 0, 4), _digits(letters, 5, 7), _digits(letters, 8, 10), hour, minute, second, ahead)


@elementwise(("utf8",), "int64?")
def _iso_utc(text: Any) -> Any:
    return _iso(text, 0)


@elementwise(("utf8", "int64"), "int64?")
def _iso_local(text: Any, offset: Any) -> Any:
    return _iso(text, offset)


iso_time = by_types(utc=_iso_utc, local=_iso_local)


def of_parse_time(values: tuple[Value, ...], types: tuple[Type, ...]) -> tuple[npt.NDArray[Any], ...]:
    """The state of ``parse_time``: its format as bytes, and as 256 and more for directives."""
    codes: list[int] = []
    for piece in read_format(str(values[1])):
        codes += [_DIRECTIVE + list(DIRECTIVES).index(piece[1])] if len(piece) == 2 else list(piece.encode())
    return (np.array(codes, np.int64),)


@inline
def _parse(frame: Any, step: Any, text: Any, offset: Any) -> Any:
    letters, end, at = octets(text[0]), text[1], 0
    codes, read = words(state(step, 0)), words(allocate(frame, 48))
    for field in range(6):
        read[field] = 1 if field in (1, 2) else 0
    for place in range(state_length(step, 0)):
        code = codes[place]
        if code < _DIRECTIVE:
            if at >= end or letters[at] != code:
                return 0, False
            at += 1
        else:
            width = 4 if code == _DIRECTIVE else 2
            if at + width > end:
                return 0, False
            read[code - _DIRECTIVE] = _digits(letters, at, at + width)
            at += width
    if at != end:
        return 0, False
    return _seconds(read[0], read[1], read[2], read[3], read[4], read[5], offset)


@elementwise(("utf8", "utf8"), "int64?", with_frame=True)
def _parse_utc(frame: Any, step: Any, text: Any, pattern: Any) -> Any:
    return _parse(frame, step, text, 0)


@elementwise(("utf8", "utf8", "int64"), "int64?", with_frame=True)
def _parse_local(frame: Any, step: Any, text: Any, pattern: Any, offset: Any) -> Any:
    return _parse(frame, step, text, offset)


parse_time = by_types(utc=_parse_utc, local=_parse_local)


@elementwise(("int64",), "int64")
def from_millis(value: Any) -> Any:
    return value // 1_000


@elementwise(("int64", "int64"), "int64?")
def days_between(start: Any, end: Any) -> Any:
    difference, fits = subtract(end, start)
    return difference // 86_400, fits
