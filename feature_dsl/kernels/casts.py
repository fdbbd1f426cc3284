"""Kernels of casts."""

from __future__ import annotations

import ctypes
import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types  # type: ignore[import-untyped,unused-ignore]

from feature_dsl.machine.compiled import by_types, kernel
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.memory import address_of, memcpy, octets, words
from feature_dsl.machine.registers import (
    DATA,
    MORE,
    STEP,
    allocate,
    argument,
    inline,
    new_values,
    share,
    size_of_result,
    state,
)
from feature_dsl.types import Type, Value

strtod_l = types.ExternalFunction("strtod_l", types.float64(types.int64, types.int64, types.int64))


@kernel
def _same(frame: Any, step: Any) -> None:
    """The values as they are, or a constant for each row."""
    source = argument(frame, step, 0)
    if source[STEP] != 0:
        share(frame, step, source)
        return
    count = size_of_result(frame, step)
    out = new_values(frame, step, count, source[MORE] != 0)
    for at in range(count):
        words(out[DATA])[at] = words(source[DATA])[0]
        if source[MORE] != 0:
            words(out[MORE])[at] = words(source[MORE])[0]


@elementwise(("float64",), "int64?")
def _float_to_int(value: Any) -> Any:
    if -9223372036854775808.0 <= value < 9223372036854775808.0:
        return np.int64(value), True
    return np.int64(0), False


@elementwise(("utf8",), "int64?")
def _text_to_int(text: Any) -> Any:
    """Decimal digits with a sign or none, at most 19 of them, that fit in 64 bits."""
    letters, at, end = octets(text[0]), 0, text[1]
    negative = letters[0] == 45
    if letters[0] == 43 or negative:
        at = 1
    if at == end or end - at > 19:
        return np.int64(0), False
    value = np.int64(0)
    while at < end:
        digit = np.int64(letters[at]) - 48
        if digit < 0 or digit > 9 or value < -922337203685477580 or (value == -922337203685477580 and digit > 8):
            return np.int64(0), False
        value = value * 10 - digit  # negative, for the lowest integer has no positive counterpart
        at += 1
    if negative:
        return value, True
    return -value, value != -9223372036854775807 - 1


@functools.cache
def _plain_locale() -> int:
    """The C library's locale "C", in which a decimal point is a point whatever the process has set."""
    library = ctypes.CDLL(None)
    library.newlocale.restype = ctypes.c_void_p
    library.newlocale.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p]
    all_categories = 0x1FBF
    return int(library.newlocale(all_categories, b"C", None))


def parsing(values: tuple[Value, ...], kinds: tuple[Type, ...]) -> tuple[npt.NDArray[Any], ...]:
    """The state of ``float``: the locale that texts are parsed in."""
    return (np.array([_plain_locale()], np.int64),) if kinds[0].name == "utf8" else ()


@inline
def _digits(letters: Any, at: Any, end: Any) -> Any:
    """Where the digits that begin at a place end."""
    while at < end and 48 <= letters[at] <= 57:
        at += 1
    return at


@inline
def _is_decimal(letters: Any, end: Any) -> Any:
    """Whether a text is a decimal number: sign or none, digits with a point or none, an exponent or none."""
    at = 1 if letters[0] == 43 or letters[0] == 45 else 0
    whole = _digits(letters, at, end)
    count = whole - at
    if whole < end and letters[whole] == 46:
        fraction = _digits(letters, whole + 1, end)
        count += fraction - whole - 1
        whole = fraction
    if count == 0:
        return False
    if whole < end and (letters[whole] == 69 or letters[whole] == 101):
        at = whole + 1
        if at < end and (letters[at] == 43 or letters[at] == 45):
            at += 1
        whole = _digits(letters, at, end)
        if whole == at:
            return False
    return whole == end


@inline
def parse_float(frame: Any, address: Any, length: Any, locale: Any) -> Any:
    """The decimal number that a text of one byte or more is, rounded to the nearest; NaN where it is none.

    By the C library's strtod, which wants a zero after the text.
    """
    if not _is_decimal(octets(address), length):
        return math.nan
    copy = allocate(frame, length + 1)
    memcpy(copy, address, length)
    octets(copy)[length] = 0
    return strtod_l(copy, 0, locale)


@elementwise(("utf8",), "float64", with_frame=True)
def _text_to_float(frame: Any, step: Any, text: Any) -> Any:
    return parse_float(frame, text[0], text[1], words(state(step, 0))[0])


@elementwise(("int64",), "float64")
def _int_to_float(value: Any) -> Any:
    return np.float64(value)


@elementwise(("bool",), "float64")
def _bool_to_float(value: Any) -> Any:
    return 1.0 if value else 0.0


@elementwise(("int64",), "utf8", with_frame=True)
def _int_to_text(frame: Any, step: Any, value: Any) -> Any:
    digits = octets(allocate(frame, 24))
    rest, place = (np.uint64(value) if value >= 0 else ~np.uint64(value) + np.uint64(1)), 24
    while True:
        place -= 1
        digits[place] = 48 + rest % np.uint64(10)
        rest //= np.uint64(10)
        if rest == 0:
            break
    if value < 0:
        place -= 1
        digits[place] = 45
    return address_of(digits) + place, 24 - place


@elementwise(("bool",), "utf8", with_frame=True)
def _bool_to_text(frame: Any, step: Any, value: Any) -> Any:
    """ "true" or "false", each as the bytes of one little-endian word."""
    word = allocate(frame, 8)
    words(word)[0] = 0x65757274 if value else 0x65736C6166
    return word, 4 if value else 5


to_int = by_types(
    integers=_same.under("int64"), bools=_same.under("bool"), floats=_float_to_int, texts=_text_to_int
)  # fmt: skip
to_float = by_types(floats=_same.under("float64"), integers=_int_to_float, bools=_bool_to_float, texts=_text_to_float)
to_text = by_types(texts=_same.under("utf8"), integers=_int_to_text, bools=_bool_to_text)
