"""Rows on the screen, for people or for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from feature_dsl.errors import visible

FORMATS = ("table", "json", "csv")
_DIGITS = frozenset([*"0123456789-~.", ""])

Show = Callable[[Any], str]


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], format_: str, title: str, shown: Mapping[str, Show] | None = None
) -> None:
    """Prints rows: a table for people, CSV with a header, or one JSON object per line.

    :param shown: how a column's values look in the table, where not as they are.
    """
    _PRINTERS[format_](rows, columns, title, shown or {})


def _print_json(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str, shown: Mapping[str, Show]) -> None:
    for row in rows:
        click.echo(json.dumps({column: row[column] for column in columns}, ensure_ascii=False, allow_nan=False))


def _print_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str, shown: Mapping[str, Show]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([json.dumps(value) if isinstance(value, list | tuple) else value for value in (row[name] for name in columns)])
    click.echo(text.getvalue(), nl=False)


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str, shown: Mapping[str, Show]) -> None:
    from rich import box
    from rich.table import Table

    from airflow_mlp.commands.terminal import plain_console

    table = Table(title=visible(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        right = all(_is_number(row[column]) for row in rows)
        table.add_column(visible(column), overflow="fold", justify="right" if right else "left")
    for row in rows:
        table.add_row(*(visible(shown.get(name, _short)(row[name])) for name in columns))
    plain_console().print(table)


_PRINTERS: dict[str, Callable[[Sequence[Mapping[str, Any]], Sequence[str], str, Mapping[str, Show]], None]] = {
    "table": _print_table,
    "json": _print_json,
    "csv": _print_csv,
}


def share(value: float | None) -> str:
    """A share as per cent."""
    return "" if value is None else f"{100 * value:.3g} %"


def count(value: float | None) -> str:
    """A number in few letters."""
    if value is None:
        return ""
    return f"{int(value):,}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def seconds(value: float) -> str:
    """Seconds as milliseconds."""
    return f"{1000 * value:,.2f} ms"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value[:1] in _DIGITS)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
