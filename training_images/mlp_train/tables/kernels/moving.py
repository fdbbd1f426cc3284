"""Rows in and out of the fused table by their numbers."""

from __future__ import annotations

from typing import Any

from mlp_train.tables.kernels.compiled import kernel
from mlp_train.tables.kernels.memory import fetch
from mlp_train.tables.kernels.rows import address_of, copy

_AHEAD = 12


@kernel
def take(pages: Any, width: Any, rows: Any, target: Any) -> None:
    """Copy rows to an array. rows: (n,) row numbers; target: address of (n, width) floats."""
    for at in range(rows.size):
        if at + _AHEAD < rows.size:
            fetch(address_of(pages, rows[at + _AHEAD], width), 4 * width)
        copy(target + 4 * width * at, address_of(pages, rows[at], width), width)


@kernel
def put(pages: Any, width: Any, rows: Any, source: Any) -> None:
    """Copy an array to rows. rows: (n,) row numbers; source: address of (n, width) floats."""
    for at in range(rows.size):
        copy(address_of(pages, rows[at], width), source + 4 * width * at, width)
