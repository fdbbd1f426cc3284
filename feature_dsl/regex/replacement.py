"""Replacements of ``regex_replace``, and the groups of a pattern that matter."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from feature_dsl.regex.parser import PatternProblem, parse

Piece = str | int
"""Text as it is, or the number of a group (0: the whole match)."""


@functools.lru_cache(maxsize=256)
def read_replacement(text: str) -> tuple[Piece, ...]:
    """The pieces of a replacement. Raises PatternProblem at a backslash before neither a digit nor a backslash."""
    pieces: list[Piece] = []
    plain, at = "", 0
    while at < len(text):
        sign = text[at]
        at += 1
        if sign != "\\":
            plain += sign
            continue
        follows = text[at : at + 1]
        if follows == "\\":
            plain += follows
        elif follows.isascii() and follows.isdigit():
            pieces += [plain, int(follows)] if plain else [int(follows)]
            plain = ""
        else:
            raise PatternProblem("a backslash stands before a digit or a backslash alone, and this one does not,", at - 1)
        at += 1
    return (*pieces, plain) if plain else tuple(pieces)


def replaced_groups(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """The groups that a replacement uses, the whole match aside."""
    return tuple(sorted({piece for piece in pieces if isinstance(piece, int) and piece > 0}))


def wanted_groups(pattern: str) -> tuple[int, ...]:
    """The group that ``regex_extract`` gives: the first, where the pattern has one."""
    return (1,) if parse(pattern).groups else ()
