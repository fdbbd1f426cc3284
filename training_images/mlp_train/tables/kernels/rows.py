"""Rows of the fused table by their number: storage is in pages of equal size, wherever they lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_train.tables.kernels.compiled import inlined
from mlp_train.tables.kernels.memory import LANES, add_lanes, floats, move_lanes

SHIFT = 12
PAGE_ROWS = 1 << SHIFT
ONE = np.float32(1)
_WITHIN = PAGE_ROWS - 1


@inlined
def address_of(pages: Any, row: Any, width: Any) -> Any:
    """Where row number `row` begins. pages: (pages,) addresses of their first rows; width: floats per row."""
    return pages[row >> SHIFT] + (row & _WITHIN) * (4 * width)


@inlined
def copy(target: Any, source: Any, count: Any) -> None:
    """Copy floats from one address to another."""
    copy_scaled(target, source, ONE, count)


@inlined
def copy_scaled(target: Any, source: Any, factor: Any, count: Any) -> None:
    """Copy floats, each times a factor."""
    if count >= LANES:
        for at in range(0, count - LANES + 1, LANES):
            move_lanes(target + 4 * at, source + 4 * at, factor)
        # The rest again with some before it: one step in place of up to seven.
        last = 4 * (count - LANES)
        move_lanes(target + last, source + last, factor)
        return
    to, of = floats(target), floats(source)
    for at in range(count):
        to[at] = of[at] * factor


@inlined
def add_scaled(target: Any, source: Any, factor: Any, count: Any) -> None:
    """Add floats, each times a factor."""
    whole = count - count % LANES
    for at in range(0, whole, LANES):
        add_lanes(target + 4 * at, source + 4 * at, factor)
    to, of = floats(target), floats(source)
    for at in range(whole, count):
        to[at] += of[at] * factor


@inlined
def clear(target: Any, count: Any) -> None:
    """Set floats to zero."""
    to = floats(target)
    for at in range(count):
        to[at] = 0
