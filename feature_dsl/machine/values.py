"""Python values as the machine's words, and back."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.types import Scalar, Type, Value

Words = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def text_words(texts: Sequence[str | None]) -> tuple[Words, Words, Bytes]:
    """Addresses and lengths in bytes of texts (missing: length 0), and the bytes, to be kept as long as they are used."""
    encoded = [(text or "").encode() for text in texts]
    data = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
    lengths = np.array([len(text) for text in encoded], np.int64)
    starts = np.cumsum(lengths) - lengths
    return starts + data.ctypes.data, lengths, data


def number_words(numbers: Sequence[Scalar], kind: Type) -> tuple[Words, Words | None]:
    """Data and more words of int64, bool or float64 values."""
    if kind.name == "float64":
        return np.array([np.nan if number is None else number for number in numbers], np.float64).view(np.int64), None
    data = np.array([0 if number is None else int(number) for number in numbers], np.int64)
    more = np.array([number is None for number in numbers], np.int64)
    return data, more if more.any() else None


def constant_words(value: Value, kind: Type) -> tuple[Words, Words | None, Words | None, Any]:
    """Data, more and (of a list) offsets of a constant, and what has to be kept beside them."""
    values: Sequence[Scalar] = (value if isinstance(value, tuple) else ()) if kind.is_list else (value,)  # type: ignore[assignment]
    offsets = np.array([0, len(values)], np.int64) if kind.is_list else None
    if kind.name == "utf8":
        addresses, lengths, data = text_words([item if isinstance(item, str) else None for item in values])
        return addresses, lengths, offsets, data
    numbers, more = number_words(values, kind)
    return numbers, more, offsets, None


def offset_values(address: int, count: int) -> list[int]:
    """``count`` offsets that lie at an address."""
    return [int(word) for word in (ctypes.c_int64 * count).from_address(address)]


def python_values(data: int, more: int, count: int, kind: Type) -> list[Scalar]:
    """``count`` values that lie at two addresses."""
    if count == 0:
        return []
    words = np.ctypeslib.as_array((ctypes.c_int64 * count).from_address(data))
    extra = np.ctypeslib.as_array((ctypes.c_int64 * count).from_address(more)) if more else np.zeros(count, np.int64)
    if kind.name == "float64":
        return [None if number != number else float(number) for number in words.view(np.float64)]
    if kind.name == "utf8":
        return [ctypes.string_at(int(at), int(size)).decode() if size else None for at, size in zip(words, extra, strict=True)]
    cast = bool if kind.name == "bool" else int
    return [None if absent else cast(number) for number, absent in zip(words, extra, strict=True)]
