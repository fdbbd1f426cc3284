"""Kernels of logic and choice. A missing bool's data are 0, so that masks need no look."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import words
from feature_dsl.machine.registers import (
    DATA,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STEP,
    allocate,
    argument,
    copy_value,
    copy_values,
    inline,
    list_end,
    list_start,
    missing,
    new_elements,
    new_lists,
    new_values,
    share,
    wants_more,
)


@kernel
def both(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = words(left[DATA])[row * left[STEP]] & words(right[DATA])[row * right[STEP]]


@kernel
def either(frame: Any, step: Any) -> None:
    left, right = argument(frame, step, 0), argument(frame, step, 1)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = words(left[DATA])[row * left[STEP]] | words(right[DATA])[row * right[STEP]]


@kernel
def negate(frame: Any, step: Any) -> None:
    value = argument(frame, step, 0)
    out = words(new_values(frame, step, frame[ROWS], False)[DATA])
    for row in range(frame[ROWS]):
        out[row] = 1 - words(value[DATA])[row * value[STEP]]


@inline
def _select_scalars(frame: Any, step: Any, flags: Any, flag_step: Any, yes: Any, no: Any) -> None:
    more = wants_more(yes[KIND], yes[MORE] != 0 or no[MORE] != 0)
    out = new_values(frame, step, frame[ROWS], more)
    for row in range(frame[ROWS]):
        if flags[row * flag_step] != 0:
            copy_value(yes, row * yes[STEP], out, row)
        else:
            copy_value(no, row * no[STEP], out, row)


@inline
def _select_lists(frame: Any, step: Any, flags: Any, flag_step: Any, yes: Any, no: Any) -> None:
    offsets = new_lists(frame, step)
    for row in range(frame[ROWS]):
        if flags[row * flag_step] != 0:
            offsets[row + 1] = offsets[row] + list_end(yes, row) - list_start(yes, row)
        else:
            offsets[row + 1] = offsets[row] + list_end(no, row) - list_start(no, row)
    more = wants_more(yes[KIND], yes[MORE] != 0 or no[MORE] != 0)
    out = new_elements(frame, step, offsets[frame[ROWS]], more)
    for row in range(frame[ROWS]):
        count = offsets[row + 1] - offsets[row]
        if flags[row * flag_step] != 0:
            copy_values(yes, list_start(yes, row), count, out, offsets[row])
        else:
            copy_values(no, list_start(no, row), count, out, offsets[row])


@kernel
def choose(frame: Any, step: Any) -> None:
    """Rows of the second where the first is true, else of the third."""
    condition, yes, no = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    if yes[OFFSETS] != 0:
        _select_lists(frame, step, words(condition[DATA]), condition[STEP], yes, no)
    else:
        _select_scalars(frame, step, words(condition[DATA]), condition[STEP], yes, no)


@kernel
def coalesce(frame: Any, step: Any) -> None:
    """The first where it is present (a list: not empty), else the second."""
    value, other = argument(frame, step, 0), argument(frame, step, 1)
    flags = words(allocate(frame, 8 * frame[ROWS]))
    some = False
    for row in range(frame[ROWS]):
        if value[OFFSETS] != 0:
            absent = list_end(value, row) == list_start(value, row)
        else:
            absent = missing(value, row * value[STEP])
        flags[row] = 0 if absent else 1
        some = some or absent
    if not some and value[STEP] != 0:
        share(frame, step, value)
    elif value[OFFSETS] != 0:
        _select_lists(frame, step, flags, 1, value, other)
    else:
        _select_scalars(frame, step, flags, 1, value, other)
