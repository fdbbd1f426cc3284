"""Kernels that look a value up in a list."""

from __future__ import annotations

from typing import Any

from feature_dsl.kernels.comparison import same_value
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import words
from feature_dsl.machine.registers import DATA, OFFSETS, ROWS, STEP, argument, inline, list_end, list_start, new_values, size_of_result


@inline
def _place(source: Any, row: Any, wanted: Any, at: Any) -> Any:
    """The first place of a value in a row's list, or -1."""
    start = list_start(source, row)
    for place in range(start, list_end(source, row)):
        if same_value(source, place, wanted, at):
            return place - start
    return -1


@inline
def _search(frame: Any, step: Any, whether: Any) -> None:
    """The place of the second argument, or of each of its elements; ``whether``: only if there is one."""
    source, wanted = argument(frame, step, 0), argument(frame, step, 1)
    out = words(new_values(frame, step, size_of_result(frame, step), False)[DATA])
    for row in range(frame[ROWS]):
        start, end = row, row + 1
        if wanted[OFFSETS] != 0:
            start, end = list_start(wanted, row), list_end(wanted, row)
        for at in range(start, end):
            place = _place(source, row, wanted, at * wanted[STEP])
            out[at] = (1 if place >= 0 else 0) if whether else place


@kernel
def contains_value(frame: Any, step: Any) -> None:
    _search(frame, step, True)


@kernel
def position(frame: Any, step: Any) -> None:
    _search(frame, step, False)
