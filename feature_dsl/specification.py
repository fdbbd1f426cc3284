"""Writes the operations' part of SPEC.md from the registry: ``python -m feature_dsl.specification`` prints it.

``--write`` puts it into SPEC.md between its marks; a test checks that it is up to date.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from feature_dsl.operations.base import Operation, latest, names

SPEC = Path(__file__).with_name("SPEC.md")
BEGIN, END = "<!-- operations: begin -->", "<!-- operations: end -->"


def operations_text() -> str:
    """Markdown: a table per family, with every operation's examples."""
    operations = [operation for name in names() if (operation := latest(name)) is not None]
    parts = []
    for family, members in itertools.groupby(operations, key=lambda operation: operation.family):
        parts.append(f"### {family.capitalize()}\n\n| operation | version | meaning | examples |\n|---|---|---|---|\n")
        parts.extend(map(_row, members))
        parts.append("\n")
    return "".join(parts)


def _row(operation: Operation) -> str:
    examples = "<br>".join(f"`{_cell(text)}` → `{_cell(value)}`" for text, value in operation.examples)
    each = " Of a list: of each element." if operation.lifts else ""
    return f"| `{operation.name}` | {operation.version} | {_cell(operation.doc)}{each} | {examples} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def updated(spec: str) -> str:
    """SPEC.md's text with the operations' part made anew."""
    head, rest = spec.split(BEGIN)
    return f"{head}{BEGIN}\n\n{operations_text()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        SPEC.write_text(updated(SPEC.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(operations_text())
