"""What the machine puts between operations: scalars and constant lists as long as the lists beside them."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import words
from feature_dsl.machine.registers import (
    COUNT,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STEP,
    argument,
    copy_value,
    copy_values,
    list_end,
    list_start,
    new_elements,
    new_lists,
    wants_more,
)


@kernel
def spread(frame: Any, step: Any) -> None:
    """A scalar per row, once for each element of the row's list."""
    source, lists = argument(frame, step, 0), argument(frame, step, 1)
    out = new_elements(frame, step, lists[COUNT], wants_more(source[KIND], source[MORE] != 0))
    out[STEP], out[OFFSETS] = 1, lists[OFFSETS]
    for row in range(frame[ROWS]):
        for place in range(list_start(lists, row), list_end(lists, row)):
            copy_value(source, row * source[STEP], out, place)


@kernel
def broadcast(frame: Any, step: Any) -> None:
    """One list for every row."""
    source, rows = argument(frame, step, 0), frame[ROWS]
    size = words(source[OFFSETS])[1]
    offsets = new_lists(frame, step)
    out = new_elements(frame, step, rows * size, wants_more(source[KIND], source[MORE] != 0))
    for row in range(rows):
        copy_values(source, 0, size, out, row * size)
        offsets[row + 1] = (row + 1) * size
