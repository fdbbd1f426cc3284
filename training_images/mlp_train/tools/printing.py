"""Tables and numbers on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

# A pipe or a file has no width: lines are as long as they need to be.
_PIPE_COLUMNS = 200
Row = Sequence[Any]


def table(title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print rows below their columns' names, numbers to the right. None is printed as a dash."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        numbers = all(row[place] is None or isinstance(row[place], int | float) for row in rows)
        shown.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(number(value)) for value in row))
    console = Console(width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
    console.print(Text(title, "bold"))
    console.print(shown)


def number(value: Any) -> str:
    """Numbers in four significant digits, whole ones in full with separators; anything else as text."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return "0" if value == 0 else f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def measures(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Measures as rows: a name and a number; those of tasks one by one, as `auc (label)`."""
    rows: list[tuple[str, Any]] = []
    for name, value in found.items():
        if isinstance(value, Mapping):
            rows += [(f"{name} ({label})", each) for label, each in value.items()]
        else:
            rows.append((name, value))
    return rows
