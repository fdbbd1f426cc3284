"""Rows of the fused table by their number: storage is in pages of equal size, wherever they lie."""

from __future__ import annotations

from typing import Any

from mlp_train.tables.kernels.compiled import inlined
from mlp_train.tables.kernels.memory import floats

SHIFT = 12
PAGE_ROWS = 1 << SHIFT
_WITHIN = PAGE_ROWS - 1


@inlined
def address_of(pages: Any, row: Any, width: Any) -> Any:
    """Where row number `row` begins. pages: (pages,) addresses of their first rows; width: floats per row."""
    return pages[row >> SHIFT] + (row & _WITHIN) * (4 * width)


@inlined
def copy(target: Any, source: Any, count: Any) -> None:
    """Copy floats from one address to another."""
    to, of = floats(target), floats(source)
    for at in range(count):
        to[at] = of[at]


@inlined
def clear(target: Any, count: Any) -> None:
    """Set floats to zero."""
    to = floats(target)
    for at in range(count):
        to[at] = 0


@inlined
def copy_scaled(target: Any, source: Any, factor: Any, count: Any) -> None:
    """Copy floats, each times a factor."""
    to, of = floats(target), floats(source)
    for at in range(count):
        to[at] = of[at] * factor


@inlined
def add_scaled(target: Any, source: Any, factor: Any, count: Any) -> None:
    """Add floats, each times a factor."""
    to, of = floats(target), floats(source)
    for at in range(count):
        to[at] += of[at] * factor
