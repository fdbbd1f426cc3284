"""Random values of a row: edges of every type, and values near a program's own constants."""

from __future__ import annotations

import math
import random
import re
import struct
from typing import Any

WORDS = ["", "a", "b", "a|b", "|", "||ä", "ä|ö|a", "日本語", "Z z ", " 12 ", "12", "-7", "1e3", "x" * 40, "😀|😀", "9" * 19]
INTS = [0, 1, -1, 2, 3, 7, -7, 10, 100, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), -(2**63) + 1]
FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 3.7, 10.0, 1e-300, 1e300, -1e300, 1000.0, 9.3e18, 2.0**63, -(2.0**63), 1e-5
]  # fmt: skip
_MORE_WORDS = [
    "A", "B|b|", "|a|", "0", "+5", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.5", ".5", "1e400",
    "nan", "inf", "true", "\t a\n", "a:1|b:2", "a:0.5", "a=2", "2026-11-20", "1969-12-31 23:59:59",
    "e\u0301", "\U0010ffff", "\x00", "ﬀ", "ZÄz",
]  # fmt: skip
_SPECIAL = [math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308]
_TIMES = [1_700_000_000, 1_700_000_000_000, 86_399, 86_400, -86_401, 951_782_400]
_LETTERS = "abzAZ019 .:|,=-äß日😀\n"
_TEXT, _NUMBER = re.compile(r'"((?:[^"\\]|\\.)*)"'), re.compile(r"(?<![\w.\"])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.\"])")
MISSING, NEAR, OTHER = 0.25, 0.25, 0.15
"""Shares of missing values, of those near a constant, and of those drawn from all that a type has."""


class Values:
    """Draws values.

    :param script: the text whose constants the values are to be near.
    """

    def __init__(self, source: random.Random, script: str = "") -> None:
        self.random = source
        self._words = [found for found in _TEXT.findall(script) if "\\" not in found] or WORDS
        numbers = _NUMBER.findall(script)
        self._ints = [int(found) for found in numbers if found.lstrip("-").isdigit()] or INTS
        self._floats = [float(found) for found in numbers] or FLOATS

    def column(self, kind: str, rows: int) -> list[Any]:
        """Values of a column; integers now and then so small that they fit in fewer bits."""
        values = [self.value(kind) for _ in range(rows)]
        if kind != "int64" or self.random.random() < 0.7:
            return values
        bits, low = self.random.choice([8, 8, 16, 32]), self.random.choice([0, 1])
        return [None if value is None else value % 2**bits - low * 2 ** (bits - 1) for value in values]

    def value(self, kind: str) -> Any:
        """A value of a type, None among them."""
        drawn = self.random.random()
        if drawn < MISSING:
            return None
        if kind.startswith("list<"):
            most = 40 if self.random.random() < 0.02 else 4
            return [self.value(kind[5:-1]) for _ in range(self.random.randint(0, most))]
        if kind == "bool":
            return self.random.random() < 0.5
        draw = _DRAWS[kind]
        return draw[0](self) if drawn < MISSING + NEAR else draw[1](self) if drawn < MISSING + NEAR + OTHER else draw[2](self)

    def near_text(self) -> str:
        """A constant, or what differs from it by a letter."""
        word = self.random.choice(self._words)
        return self.random.choice([word, word, word, word[:-1], word[1:], word + "a", "a" + word, word + word, word.swapcase()])

    def any_text(self) -> str:
        """Letters of one to four bytes; now and then so many that a block's memory does not hold them."""
        if self.random.random() < 0.01:
            return self.random.choice(["ä|", "x", "a:1|"]) * self.random.choice([500, 5000])
        return "".join(self.random.choices(_LETTERS, k=self.random.choice([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 70])))

    def common_text(self) -> str:
        return self.random.choice(WORDS if self.random.random() < 0.6 else _MORE_WORDS)

    def near_int(self) -> int:
        return min(max(self.random.choice(self._ints) + self.random.choice([0, 0, 0, 1, -1]), -(2**63)), 2**63 - 1)

    def any_int(self) -> int:
        """Integers of all widths, with either sign."""
        return self.random.getrandbits(self.random.randint(1, 63)) * self.random.choice([1, -1])

    def common_int(self) -> int:
        return self.random.choice([*INTS, *INTS, *_TIMES, *(self.random.randint(-5, 200) for _ in range(8))])

    def near_float(self) -> float:
        value = self.random.choice(self._floats)
        return self.random.choice([value, value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf), value + 1, -value])

    def any_float(self) -> float:
        """Any bits."""
        found: float = struct.unpack("<d", struct.pack("<Q", self.random.getrandbits(64)))[0]
        return found

    def common_float(self) -> float:
        drawn = [self.random.uniform(-5, 5), float(self.random.randint(-9, 9))]
        return self.random.choice([*FLOATS, *_SPECIAL, *drawn, *drawn])


_DRAWS = {
    "utf8": (Values.near_text, Values.any_text, Values.common_text),
    "int64": (Values.near_int, Values.any_int, Values.common_int),
    "float64": (Values.near_float, Values.any_float, Values.common_float),
}
