"""Where a script's text lies, so that a position in the script is a position in its file."""

from __future__ import annotations

from dataclasses import dataclass

from feature_dsl.errors import FeatureError
from feature_dsl.syntax.tree import Position


@dataclass(frozen=True, slots=True)
class Source:
    """A text inside a file.

    :param file: the file's name, or None for text given as such.
    :param line: line of the file that holds the text's first line, from 1.
    :param column: column of the text's first character, from 1.
    :param indent: columns before every later line of the text (of all lines in a block scalar).
    :param exact: False where lines of the text are not lines of the file; then its start is the place.
    """

    file: str | None
    line: int = 1
    column: int = 1
    indent: int = 0
    exact: bool = True

    def error(self, message: str, at: Position | None = None, hint: str | None = None) -> FeatureError:
        """An error at a position of the text, or at its start."""
        line, column = self.line, self.column
        if at is not None and self.exact:
            column = (column - 1 if at.line == 1 else self.indent) + at.column
            line += at.line - 1
        return FeatureError(message, file=self.file, line=line, column=column, hint=hint)
