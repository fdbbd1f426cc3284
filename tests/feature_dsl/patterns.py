"""Random regular expressions and texts for them."""

from __future__ import annotations

import random

_ATOMS = ["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", "ä", "[a-c]", r"\s", "[^\\n]", "日", "[^b日]", r"\W", r"\.", "[\\]^-]"]
_TIMES = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}", "{2,}", "{1,3}?", "{0}"]
_LETTERS = "aabbcAB1 ä日\n.-]"


class Patterns:
    """Draws patterns.

    :param nullable: whether parts that can be empty are repeated too; there engines differ in what they count as a match.
    """

    def __init__(self, source: random.Random, nullable: bool) -> None:
        self.random = source
        self.nullable = nullable

    def pattern(self, depth: int = 3) -> str:
        return self.random.choice(["", "", "", "(?i)", "(?s)"]) + self._choice(depth)

    def text(self) -> str:
        return "".join(self.random.choices(_LETTERS, k=self.random.randint(0, 9)))

    def _choice(self, depth: int) -> str:
        return "|".join(self._chain(depth) for _ in range(self.random.choice([1, 1, 2, 3])))

    def _chain(self, depth: int) -> str:
        return "".join(self._piece(depth) for _ in range(self.random.randint(0 if self.random.random() < 0.1 else 1, 3)))

    def _piece(self, depth: int) -> str:
        drawn = self.random.random()
        if depth <= 0 or drawn < 0.35:
            return self.random.choice(_ATOMS)
        if drawn < 0.55:
            return self.random.choice(["(", "(?:"]) + self._choice(depth - 1) + ")"
        if drawn < 0.6:
            return self.random.choice(["^", "$"])
        if self.nullable and drawn < 0.8:
            return "(" + self._choice(depth - 1) + ")" + self.random.choice(_TIMES)
        return self.random.choice([*_ATOMS, "(ab|c)", "(a|[^b]c)", "(?:b|ab)"]) + self.random.choice(_TIMES)
