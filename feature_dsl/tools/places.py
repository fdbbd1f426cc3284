"""Mistakes as a compiler prints them: place and sentence, the source line with a caret, the hint."""

from __future__ import annotations

import unicodedata

from feature_dsl.errors import FeatureError, FeatureWarning, visible

_WIDTH = 100
_BEFORE = 60


def print_problem(problem: FeatureError | FeatureWarning, text: str | None = None) -> str:
    """``file:line:column: error: …`` and below it the line of ``text`` that is meant, where there is one."""
    severity = "error" if isinstance(problem, FeatureError) else "warning"
    place = ":".join(visible(str(part)) for part in (problem.file or "<text>", problem.line, problem.column) if part is not None)
    lines = [f"{place}: {severity}: {problem.message}"]
    source = _source_line(text, problem.line)
    margin = ""
    if source is not None and problem.line is not None:
        number = f"{problem.line:>5} | "
        margin = " " * (len(number) - 2) + "| "
        shown, offset = _window(source, (problem.column or 1) - 1)
        lines.append(number + shown)
        if problem.column is not None:
            lines.append(margin + " " * offset + "^")
    if problem.hint:
        lines.append(f"{margin or '  '}hint: {problem.hint}")
    return "\n".join(lines)


def _source_line(text: str | None, line: int | None) -> str | None:
    if text is None or line is None:
        return None
    lines = text.split("\n", line)
    return lines[line - 1] if line <= len(lines) else None


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around a column as a terminal shows it, and how many cells lie before the column."""
    start = max(0, column - _BEFORE) if len(line) > _WIDTH else 0
    part = line[start : start + _WIDTH]
    before = "…" if start else ""
    after = "…" if start + _WIDTH < len(line) else ""
    cells = [_cell(letter) for letter in part]
    offset = len(before) + sum(_width(cell) for cell in cells[: column - start])
    return before + "".join(cells) + after, offset


def _cell(letter: str) -> str:
    return " " if letter == "\t" else visible(letter)


def _width(cell: str) -> int:
    if len(cell) > 1:
        return len(cell)
    if unicodedata.combining(cell):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1
