"""The one error of the feature language: what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint
        super().__init__(self._text())

    def _text(self) -> str:
        place = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        start = ":".join(place) + ": " if place else ""
        end = f" ({self.hint})" if self.hint else ""
        return f"{start}{self.message}{end}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.message, self.file, self.line, self.column, self.hint)


def _rebuild(message: str, file: str | None, line: int | None, column: int | None, hint: str | None) -> FeatureError:
    return FeatureError(message, file=file, line=line, column=column, hint=hint)


def did_you_mean(name: str, known: Iterable[str], list_few: bool = True) -> str | None:
    """A hint that names the closest known names, or (with ``list_few``) all of them where they are few, or None."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name[:200], names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(repr(match) for match in close) + "?"
    if list_few and 0 < len(names) <= 8:
        return "known: " + ", ".join(names)
    return None
