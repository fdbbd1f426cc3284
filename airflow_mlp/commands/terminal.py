"""What commands print on."""

from __future__ import annotations

import os

from rich.console import Console

_PAPER = 160
"""Columns of a page where the output is no terminal: a file, a pipe, a log."""


def plain_console(*, soft_wrap: bool = False) -> Console:
    """A console that shows names and values as they are: brackets in them are no markup, and `:cat:` is no picture."""
    return _wide(Console(soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False))


def styled_console() -> Console:
    """A console for texts of our own, which may hold markup."""
    return _wide(Console())


def _wide(console: Console) -> Console:
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PAPER
    return console
