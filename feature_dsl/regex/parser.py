"""Reads patterns: a subset of RE2's syntax, in which every pattern can be matched in linear time.

Literals, ``.``, classes, ``\\d \\w \\s`` and their opposites (ASCII), groups, ``|``, ``* + ? {m,n}`` greedy or lazy, ``^ $`` (of the
whole text), and at the start ``(?i)`` (ASCII letters of either case) and ``(?s)`` (``.`` takes newlines too).
"""

from __future__ import annotations

import functools

from feature_dsl import limits
from feature_dsl.regex.tree import LAST, Chain, Chars, Choice, Edge, Group, Part, Pattern, Ranges, Repeat, complement, ranges_of

_SETS: dict[str, Ranges] = {
    "d": ranges_of([(48, 57)]),
    "w": ranges_of([(48, 57), (65, 90), (95, 95), (97, 122)]),
    "s": ranges_of([(9, 13), (32, 32)]),
}
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_MOST_REPEATS = 1_000


class PatternProblem(Exception):
    """A pattern that cannot be read, or is too large.

    :param at: index of the code point in the pattern.
    """

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message if at is None else f"{message} at character {at + 1} of the pattern")


@functools.lru_cache(maxsize=256)
def parse(text: str) -> Pattern:
    """The syntax tree of a pattern. Raises PatternProblem."""
    return _Parser(text).pattern()


class _Parser:
    """Recursive descent; as deep as ``limits.PATTERN_DEPTH`` lets groups nest."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._groups = 0
        self._depth = 0
        self._any_case = False
        self._dot_all = False

    def pattern(self) -> Pattern:
        self._flags()
        root = self._choice()
        if self._at < len(self._text):
            raise PatternProblem("a ')' closes nothing", self._at)
        if _size(root) > limits.PATTERN_SIZE:
            raise PatternProblem(f"with its repetitions written out the pattern has more than {limits.PATTERN_SIZE:,} parts")
        return Pattern(root, self._groups)

    def _flags(self) -> None:
        if not self._text.startswith("(?") or self._text[2:3] in (":", ""):
            return
        end = self._text.find(")")
        flags = self._text[2:end]
        if end < 0 or not flags or set(flags) - set("is"):
            raise PatternProblem("only the flags (?i) and (?s) are there, and groups (…) and (?:…): this is none of them", 0)
        self._any_case, self._dot_all = "i" in flags, "s" in flags
        self._at = end + 1

    def _choice(self) -> Part:
        options = [self._chain()]
        while self._take("|"):
            options.append(self._chain())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _chain(self) -> Part:
        parts: list[Part] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated())
        return parts[0] if len(parts) == 1 else Chain(tuple(parts))

    def _repeated(self) -> Part:
        start = self._at
        part = self._atom()
        times = self._quantifier()
        if times is None:
            return part
        if isinstance(part, Edge):
            raise PatternProblem("an anchor cannot be repeated", start)
        greedy = not self._take("?")
        if self._quantifier() is not None:
            raise PatternProblem("a repetition stands after a repetition", self._at - 1)
        return Repeat(part, *times, greedy)

    def _quantifier(self) -> tuple[int, int | None] | None:
        sign = self._text[self._at : self._at + 1]
        if sign in _QUANTIFIERS:
            self._at += 1
            return _QUANTIFIERS[sign]
        return self._counted() if sign == "{" else None

    def _counted(self) -> tuple[int, int | None]:
        start, end = self._at, self._text.find("}", self._at)
        low, comma, high = self._text[start + 1 : end].partition(",")
        numbers = [low, high] if high else [low]
        if end < 0 or not all(number.isascii() and number.isdigit() and len(number) <= 4 for number in numbers):
            raise PatternProblem("'{' begins a repetition such as {2}, {2,} or {2,5}, else write \\{", start)
        least = int(low)
        most = int(high) if high else (None if comma else least)
        if least > _MOST_REPEATS or (most is not None and not least <= most <= _MOST_REPEATS):
            raise PatternProblem(f"a repetition {{m,n}} wants m ≤ n ≤ {_MOST_REPEATS:,}", start)
        self._at = end + 1
        return least, most

    def _atom(self) -> Part:
        start, sign = self._at, self._text[self._at]
        self._at += 1
        if sign == "(":
            return self._group(start)
        if sign == "[":
            return self._class(start)
        if sign == ".":
            return Chars(((0, LAST),) if self._dot_all else complement(((10, 10),)))
        if sign in "^$":
            return Edge(sign == "^")
        if sign == "\\":
            return self._escaped(start)
        if sign in "*+?{":
            raise PatternProblem(f"{sign!r} has nothing to repeat", start)
        return self._chars([(ord(sign), ord(sign))])

    def _group(self, start: int) -> Part:
        number = None
        if not self._take("?:"):
            if self._take("?"):
                raise PatternProblem("groups are (…) and (?:…): this is neither", start)
            self._groups += 1
            number = self._groups
        self._depth += 1
        if self._depth > limits.PATTERN_DEPTH:
            raise PatternProblem(f"groups nest deeper than {limits.PATTERN_DEPTH}", start)
        body = self._choice()
        self._depth -= 1
        if not self._take(")"):
            raise PatternProblem("a '(' is not closed", start)
        return body if number is None else Group(body, number)

    def _escaped(self, start: int) -> Part:
        sign = self._text[self._at : self._at + 1]
        if sign in ("A", "z") and sign:
            self._at += 1
            return Edge(sign == "A")
        return Chars(self._either_case(self._escape(start)))

    def _escape(self, start: int) -> Ranges:
        """The code points that an escape stands for, the backslash read already."""
        sign = self._text[self._at : self._at + 1]
        self._at += 1
        if sign and sign in "dws":
            return _SETS[sign]
        if sign and sign in "DWS":
            return complement(_SETS[sign.lower()])
        letter = _LETTERS.get(sign, sign)
        if sign not in _LETTERS and (not sign or sign.isalnum()):
            raise PatternProblem(f"the escape '\\{sign}' is not there", start)
        return ((ord(letter), ord(letter)),)

    def _class(self, start: int) -> Part:
        opposite = self._take("^")
        pairs: list[tuple[int, int]] = []
        first = True
        while first or self._text[self._at : self._at + 1] != "]":
            first = False
            if self._at >= len(self._text):
                raise PatternProblem("a '[' is not closed", start)
            if self._text.startswith("[:", self._at):
                raise PatternProblem("classes such as [:alpha:] are not there", self._at)
            pairs += self._item()
        self._at += 1
        ranges = self._either_case(ranges_of(pairs))
        ranges = complement(ranges) if opposite else ranges
        if not ranges:
            raise PatternProblem("the class is empty", start)
        return Chars(ranges)

    def _item(self) -> list[tuple[int, int]]:
        start = self._at
        low = self._one()
        follows = self._text[self._at : self._at + 2]
        if len(follows) < 2 or follows[0] != "-" or follows[1] == "]":
            return list(low)
        self._at += 1
        high = self._one()
        if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1] or low[0][0] > high[0][0]:
            raise PatternProblem("a range in a class goes from one character to a later one", start)
        return [(low[0][0], high[0][0])]

    def _one(self) -> Ranges:
        start, sign = self._at, self._text[self._at]
        self._at += 1
        return self._escape(start) if sign == "\\" else ((ord(sign), ord(sign)),)

    def _chars(self, pairs: list[tuple[int, int]]) -> Chars:
        return Chars(self._either_case(ranges_of(pairs)))

    def _either_case(self, ranges: Ranges) -> Ranges:
        if not self._any_case:
            return ranges
        pairs = list(ranges)
        for low, high in ranges:
            for first, last, shift in ((65, 90, 32), (97, 122, -32)):
                inside = max(low, first), min(high, last)
                if inside[0] <= inside[1]:
                    pairs.append((inside[0] + shift, inside[1] + shift))
        return ranges_of(pairs)

    def _take(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True


def _size(part: Part) -> int:
    """How many parts a tree has with its repetitions written out."""
    if isinstance(part, Chain):
        return 1 + sum(map(_size, part.parts))
    if isinstance(part, Choice):
        return 1 + sum(map(_size, part.options))
    if isinstance(part, Repeat):
        return 1 + _size(part.body) * max(part.low + 1 if part.high is None else part.high, 1)
    return 1 + _size(part.body) if isinstance(part, Group) else 1
