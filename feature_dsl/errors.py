"""The one error of the feature language: what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 600
_LONGEST_NAME = 200
_AS_GOOD = 0.05
_FEW = 8


class FeatureError(ValueError):
    """A feature file, a script, a plan or a batch is wrong.

    :param message: one sentence that says what is wrong.
    :param file: the file (or ``<text>``) that holds the mistake, where there is one.
    :param line: line in that file, from 1.
    :param column: column in that line, from 1.
    :param hint: what to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = visible(message)
        self.file = file
        self.line = line
        self.column = column
        self.hint = visible(hint) if hint else None
        super().__init__(_sentence(self.message, self.file, self.line, self.column, self.hint))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.message, self.file, self.line, self.column, self.hint)


@dataclass(frozen=True, slots=True)
class FeatureWarning:
    """What looks like a mistake but is none; the parameters are those of FeatureError."""

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        return _sentence(self.message, self.file, self.line, self.column, self.hint)


def _sentence(message: str, file: str | None, line: int | None, column: int | None, hint: str | None) -> str:
    place = [str(part) for part in (file, line, column) if part is not None]
    start = ":".join(place) + ": " if place else ""
    return f"{start}{message}{f' ({hint})' if hint else ''}"


def _rebuild(message: str, file: str | None, line: int | None, column: int | None, hint: str | None) -> FeatureError:
    return FeatureError(message, file=file, line=line, column=column, hint=hint)


def visible(text: str) -> str:
    """``text`` on one line, cut where it is very long; a letter that a terminal would obey stands as its escape."""
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short)


def closest(name: str, known: Iterable[str]) -> list[str]:
    """Known names that are as close to a name as the closest one, best first, at most three; those that it begins where none is close."""
    names = sorted(set(known))
    name = name[:_LONGEST_NAME]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    likeness = {match: difflib.SequenceMatcher(None, match, name).ratio() for match in close}
    begun = [other for other in names if len(name) > 2 and other.startswith(name)]
    return [match for match in close if likeness[match] >= likeness[close[0]] - _AS_GOOD] or begun[:3]


def did_you_mean(name: str, known: Iterable[str], list_few: bool = True) -> str | None:
    """A hint that names the closest known names, or (with ``list_few``) all of them where they are few, or None."""
    names = sorted(set(known))
    close = closest(name, names)
    if close:
        return "did you mean " + " or ".join(repr(match) for match in close) + "?"
    if list_few and 0 < len(names) <= _FEW:
        return "known: " + ", ".join(names)
    return None
