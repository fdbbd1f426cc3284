"""Where things lie while a plan runs: frames, registers and steps, and how kernels reach them.

A run works through its rows in blocks. A **register** holds a node's values for the block, a **step** is one call of a kernel, a
**frame** is what one thread needs. All three are rows of 64-bit words, so that compiled code can walk them.

A value is a word of *data* and, where the register has them, a word of *more*:

========  ==============================  ====================================
kind      data                            more
========  ==============================  ====================================
INT       the integer, 0 where missing    1 where missing; none: no value is
BOOL      0 or 1, 0 where missing         1 where missing; none: no value is
FLOAT     the bits, NaN where missing     none
TEXT      address of the first byte       length in bytes, 0 where missing
========  ==============================  ====================================

A list register's values are those of all its lists, one after another; ``OFFSETS`` (rows + 1 words, from 0) says where each begins.
A register with ``STEP`` 0 has one value (or one list) that stands for every row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit  # type: ignore[import-untyped,unused-ignore]

from feature_dsl.machine.memory import floats, free, malloc, memcpy, words
from feature_dsl.machine.naming import with_own_name

INT, FLOAT, TEXT, BOOL = range(4)

# Words of a register.
COUNT, STEP, DATA, MORE, OFFSETS, KIND = range(6)
REGISTER = 8

# Words of a step: then come its arguments' registers, then address and length of each array of its state.
NEXT, ADDRESS, RESULT, SHAPE, STATES = range(5)
ARGUMENTS = 5

# Words of a frame.
ROWS, FIRST, REGISTERS, CHUNK, USED, CAPACITY, INPUT, RESULTS, PROBLEM = range(9)
FRAME = 16

TOO_LONG = 1
"""``PROBLEM``: a list column grew beyond what Arrow's 32-bit offsets reach."""

_ALIGN = 64
_CHUNK_HEADER = 64

Function = TypeVar("Function", bound=Callable[..., Any])


def inline(function: Function) -> Function:
    """For functions that kernels call: compiled with them."""
    with_own_name(function)
    compiled: Function = njit(nogil=True, error_model="numpy")(function)
    return compiled


def always_inline(function: Function) -> Function:
    """As ``inline``, for what is called value by value and that the compiler finds too long to be put in place of the call."""
    with_own_name(function)
    compiled: Function = njit(nogil=True, error_model="numpy", forceinline=True)(function)
    return compiled


@inline
def register(frame: Any, number: Any) -> Any:
    """The words of a register."""
    return words(frame[REGISTERS] + number * (REGISTER * 8))


@inline
def argument(frame: Any, step: Any, place: Any) -> Any:
    """The words of an argument's register."""
    return register(frame, step[ARGUMENTS + place])


@inline
def result(frame: Any, step: Any) -> Any:
    """The words of the result's register."""
    return register(frame, step[RESULT])


@inline
def state(step: Any, place: Any) -> Any:
    """The address of an array that ``prepare`` made."""
    return step[step[STATES] + 2 * place]


@inline
def state_length(step: Any, place: Any) -> Any:
    """The number of items of an array that ``prepare`` made."""
    return step[step[STATES] + 2 * place + 1]


@inline
def allocate(frame: Any, size: Any) -> Any:
    """The address of ``size`` bytes that live until the block's end."""
    size = (size + (_ALIGN - 1)) & ~(_ALIGN - 1)
    if frame[USED] + size > frame[CAPACITY]:
        # a chunk's header names the one before it; rewind() puts one in the place of all
        capacity = max(2 * frame[CAPACITY], 2 * size, 1 << 16)
        chunk = malloc(capacity + _CHUNK_HEADER)
        words(chunk)[0] = frame[CHUNK]
        words(chunk)[1] = capacity
        frame[CHUNK] = chunk
        frame[CAPACITY] = capacity
        frame[USED] = 0
    address = frame[CHUNK] + _CHUNK_HEADER + frame[USED]
    frame[USED] += size
    return address


@inline
def rewind(frame: Any) -> None:
    """Forgets what was allocated, keeping the newest (and largest) chunk."""
    chunk = frame[CHUNK]
    if chunk != 0:
        older = words(chunk)[0]
        words(chunk)[0] = 0
        while older != 0:
            following = words(older)[0]
            free(older)
            older = following
    frame[USED] = 0


@inline
def size_of_result(frame: Any, step: Any) -> Any:
    """How many values an element-wise step gives: one per row, or one per element of the list that it goes along."""
    return frame[ROWS] if step[SHAPE] < 0 else register(frame, step[SHAPE])[COUNT]


@inline
def new_values(frame: Any, step: Any, count: Any, with_more: Any) -> Any:
    """Gives the result room for ``count`` values, and returns its register's words."""
    out = result(frame, step)
    out[COUNT] = count
    out[STEP] = 1
    out[DATA] = allocate(frame, 8 * count)
    out[MORE] = allocate(frame, 8 * count) if with_more else 0
    out[OFFSETS] = register(frame, step[SHAPE])[OFFSETS] if step[SHAPE] >= 0 else 0
    return out


@inline
def new_lists(frame: Any, step: Any) -> Any:
    """Gives the result room for the offsets of one list per row, and returns them with a first 0."""
    out = result(frame, step)
    out[STEP] = 1
    out[OFFSETS] = allocate(frame, 8 * (frame[ROWS] + 1))
    offsets = words(out[OFFSETS])
    offsets[0] = 0
    return offsets


@inline
def new_elements(frame: Any, step: Any, count: Any, with_more: Any) -> Any:
    """Gives the result of a list operation room for ``count`` elements, and returns its register's words."""
    out = result(frame, step)
    out[COUNT] = count
    out[DATA] = allocate(frame, 8 * count)
    out[MORE] = allocate(frame, 8 * count) if with_more else 0
    return out


@inline
def share(frame: Any, step: Any, source: Any) -> None:
    """Makes the result the same values as another register's."""
    out = result(frame, step)
    for place in range(KIND):
        out[place] = source[place]


@inline
def missing(source: Any, index: Any) -> Any:
    """Whether a value is missing."""
    kind = source[KIND]
    if kind == FLOAT:
        value = floats(source[DATA])[index]
        return value != value
    if kind == TEXT:
        return words(source[MORE])[index] == 0
    return source[MORE] != 0 and words(source[MORE])[index] != 0


@inline
def copy_value(source: Any, index: Any, target: Any, place: Any) -> None:
    """Copies a value; where the target has ``more``, an INT or BOOL source need not."""
    words(target[DATA])[place] = words(source[DATA])[index]
    if target[MORE] != 0:
        words(target[MORE])[place] = words(source[MORE])[index] if source[MORE] != 0 else 0


@inline
def copy_values(source: Any, index: Any, count: Any, target: Any, place: Any) -> None:
    """Copies consecutive values, as ``copy_value`` does."""
    memcpy(target[DATA] + 8 * place, source[DATA] + 8 * index, 8 * count)
    if target[MORE] != 0:
        if source[MORE] != 0:
            memcpy(target[MORE] + 8 * place, source[MORE] + 8 * index, 8 * count)
        else:
            more = words(target[MORE])
            for at in range(place, place + count):
                more[at] = 0


_NAN_BITS = 0x7FF8000000000000


@inline
def set_missing(target: Any, place: Any) -> None:
    """Makes a value missing; the target of an INT or BOOL has to have ``more``."""
    kind = target[KIND]
    words(target[DATA])[place] = _NAN_BITS if kind == FLOAT else 0
    if kind == TEXT:
        words(target[MORE])[place] = 0
    elif kind != FLOAT:
        words(target[MORE])[place] = 1


@inline
def wants_more(kind: Any, may_miss: Any) -> Any:
    """Whether values of a kind need ``more`` words: texts always, integers and bools where some may be missing."""
    return kind == TEXT or (kind != FLOAT and may_miss)


@inline
def list_start(source: Any, row: Any) -> Any:
    """Index of a row's first element."""
    return words(source[OFFSETS])[row * source[STEP]]


@inline
def list_end(source: Any, row: Any) -> Any:
    """Index after a row's last element."""
    return words(source[OFFSETS])[row * source[STEP] + 1]
