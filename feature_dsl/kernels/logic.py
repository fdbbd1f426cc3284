"""Kernels of logic and choice. A missing bool's data are 0, so that masks need no look."""

from __future__ import annotations

from typing import Any

from feature_dsl.kernels.comparison import same_value
from feature_dsl.machine.compiled import kernel
from feature_dsl.machine.memory import floats, memcpy, words
from feature_dsl.machine.registers import (
    DATA,
    FLOAT,
    KIND,
    MORE,
    OFFSETS,
    ROWS,
    STEP,
    TEXT,
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
    size_of_result,
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
    _select_words(frame[ROWS], flags, flag_step, yes[DATA], yes[STEP], no[DATA], no[STEP], out[DATA])
    if more:
        _select_words(frame[ROWS], flags, flag_step, yes[MORE], yes[STEP], no[MORE], no[STEP], out[MORE])


@inline
def _select_words(rows: Any, flags: Any, flag_step: Any, yes: Any, yes_step: Any, no: Any, no_step: Any, out: Any) -> None:
    """Word by word, an address of 0 standing for zeros. Constants have a loop of their own, which the compiler vectorises."""
    target = words(out)
    if flag_step == 1 and no_step == 0:
        other = words(no)[0] if no != 0 else 0
        if yes != 0 and yes_step == 1:
            source = words(yes)
            for row in range(rows):
                target[row] = source[row] if flags[row] != 0 else other
        else:
            value = words(yes)[0] if yes != 0 else 0
            for row in range(rows):
                target[row] = value if flags[row] != 0 else other
        return
    if flag_step == 1 and yes_step == 0 and no_step == 1 and no != 0:
        value, source = words(yes)[0] if yes != 0 else 0, words(no)
        for row in range(rows):
            target[row] = value if flags[row] != 0 else source[row]
        return
    for row in range(rows):
        if flags[row * flag_step] != 0:
            target[row] = words(yes)[row * yes_step] if yes != 0 else 0
        else:
            target[row] = words(no)[row * no_step] if no != 0 else 0


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
    if value[OFFSETS] == 0 and value[STEP] != 0 and value[MORE] == 0 and value[KIND] != FLOAT:
        share(frame, step, value)
        return
    if value[OFFSETS] == 0 and value[STEP] == 1 and other[STEP] == 0 and value[KIND] != TEXT:
        _replace_missing(frame, step, value, other)
        return
    flags = words(allocate(frame, 8 * frame[ROWS]))
    if _flag_present(frame, value, flags) and value[STEP] != 0:
        share(frame, step, value)
    elif value[OFFSETS] != 0:
        _select_lists(frame, step, flags, 1, value, other)
    else:
        _select_scalars(frame, step, flags, 1, value, other)


@inline
def _replace_missing(frame: Any, step: Any, value: Any, other: Any) -> None:
    """Numbers or bools where they are present, else a constant: in one loop, which the compiler vectorises."""
    rows, absent = frame[ROWS], missing(other, 0)
    out = new_values(frame, step, rows, wants_more(value[KIND], absent))
    source, target, constant = words(value[DATA]), words(out[DATA]), words(other[DATA])[0]
    if value[KIND] == FLOAT:
        numbers = floats(value[DATA])
        for row in range(rows):
            target[row] = source[row] if numbers[row] == numbers[row] else constant
        return
    marks = words(value[MORE])
    for row in range(rows):
        target[row] = source[row] if marks[row] == 0 else constant
    if absent:
        memcpy(out[MORE], value[MORE], 8 * rows)


@inline
def _flag_present(frame: Any, value: Any, flags: Any) -> Any:
    """Marks the rows that are present, and says whether all are."""
    present = 0
    if value[OFFSETS] == 0 and value[STEP] == 1 and value[KIND] == FLOAT:
        numbers = floats(value[DATA])
        for row in range(frame[ROWS]):
            flags[row] = 1 if numbers[row] == numbers[row] else 0
            present += flags[row]
    elif value[OFFSETS] == 0 and value[STEP] == 1 and value[KIND] != TEXT:
        marks = words(value[MORE])
        for row in range(frame[ROWS]):
            flags[row] = 1 - marks[row]
            present += flags[row]
    else:
        for row in range(frame[ROWS]):
            if value[OFFSETS] != 0:
                flags[row] = 1 if list_end(value, row) > list_start(value, row) else 0
            else:
                flags[row] = 0 if missing(value, row * value[STEP]) else 1
            present += flags[row]
    return present == frame[ROWS]


@kernel
def replace_value(frame: Any, step: Any) -> None:
    """The first, or the third where it is the second."""
    value, old, new = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
    count = size_of_result(frame, step)
    out = new_values(frame, step, count, wants_more(value[KIND], value[MORE] != 0 or new[MORE] != 0))
    for at in range(count):
        if same_value(value, at * value[STEP], old, at * old[STEP]):
            copy_value(new, at * new[STEP], out, at)
        else:
            copy_value(value, at * value[STEP], out, at)
