"""Registers to Arrow: what a run gives, as one of Arrow's C structures that Python imports without a copy.

All that scalars and offsets need lies in one block of memory, lists' elements in one more each; the structure's release function
frees them, on whatever thread the last reader lets go.
"""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.arrow import (
    ARRAY,
    BUFFER_COUNT,
    BUFFERS,
    CHILD_COUNT,
    CHILDREN,
    DICTIONARY,
    LENGTH,
    NULLS,
    OFFSET,
    PRIVATE,
    RELEASE,
)
from feature_dsl.machine.memory import free, halves, madvise, malloc, memcpy, realloc, words
from feature_dsl.machine.registers import (
    COUNT,
    DATA,
    FIRST,
    OFFSETS,
    PROBLEM,
    RESULTS,
    ROWS,
    STEP,
    TOO_LONG,
    inline,
    register,
)

# Words of an output of one thread: which register, whether a list, where its words or offsets go; a list's elements so far.
SOURCE, IS_LIST, TARGET, ELEMENTS, USED, CAPACITY = range(6)
OUTPUT = 8

_LONGEST = 2**31 - 1
_LARGE, _PAGE, _HUGE_PAGES = 4 << 20, 4096, 14
"""A block of so many bytes is asked for in huge pages (Linux's MADV_HUGEPAGE): first touching small ones costs as much as computing."""

_BUFFERS_OF_OUTPUT = 4


@inline
def store(frame: Any, count: Any) -> None:
    """Copies the block's features to where they go."""
    output = frame[RESULTS]
    for _ in range(count):
        target = words(output)
        if target[IS_LIST] != 0:
            _store_lists(frame, target)
        else:
            _store_scalars(frame, target)
        output += OUTPUT * 8


@inline
def _store_scalars(frame: Any, output: Any) -> None:
    source = register(frame, output[SOURCE])
    place = output[TARGET] + 8 * frame[FIRST]
    if source[STEP] != 0:
        memcpy(place, source[DATA], 8 * frame[ROWS])
        return
    target, value = words(place), words(source[DATA])[0]
    for row in range(frame[ROWS]):
        target[row] = value


@inline
def _store_lists(frame: Any, output: Any) -> None:
    source, rows = register(frame, output[SOURCE]), frame[ROWS]
    step, begins = source[STEP], words(source[OFFSETS])
    count = source[COUNT] if step != 0 else source[COUNT] * rows
    used = output[USED]
    if used + count > _LONGEST:
        frame[PROBLEM] = TOO_LONG
        return
    if used + count > output[CAPACITY]:
        output[CAPACITY] = max(2 * output[CAPACITY], used + count)
        output[ELEMENTS] = realloc(output[ELEMENTS], 8 * output[CAPACITY])
    place = output[ELEMENTS] + 8 * used
    ends = halves(output[TARGET] + 4 * (frame[FIRST] + 1))
    if step != 0:
        memcpy(place, source[DATA], 8 * count)
        for row in range(rows):
            ends[row] = used + begins[row + 1]
    else:
        for row in range(rows):
            memcpy(place + 8 * row * source[COUNT], source[DATA], 8 * source[COUNT])
            ends[row] = used + (row + 1) * source[COUNT]
    output[USED] = used + count


@inline
def _data_size(output: Any, rows: Any) -> Any:
    size = 4 * (rows + 1) if output[IS_LIST] != 0 else 8 * rows
    return (size + 63) & ~63


@inline
def _head_size(count: Any) -> Any:
    """Bytes before the data: addresses to free, structures, their buffers and their children."""
    size = 8 * (1 + count) + 8 * ARRAY * 2 * count + 8 * (1 + _BUFFERS_OF_OUTPUT * count) + 8 * 2 * count
    return (size + 63) & ~63


@inline
def open_results(outputs: Any, count: Any, rows: Any) -> Any:
    """Allocates the block for ``rows`` rows, tells the first thread's outputs their places, and returns its address."""
    size, output = _head_size(count) + 64, outputs
    for _ in range(count):
        size += _data_size(words(output), rows)
        output += OUTPUT * 8
    block = malloc(size)
    if size >= _LARGE:
        begin = (block + _PAGE - 1) & -_PAGE
        madvise(begin, block + size - begin, _HUGE_PAGES)
    place = ((block + 63) & ~63) + _head_size(count)
    output = outputs
    for _ in range(count):
        target = words(output)
        target[TARGET] = place
        target[ELEMENTS], target[USED], target[CAPACITY] = 0, 0, 0
        if target[IS_LIST] != 0:
            halves(place)[0] = 0
        place += _data_size(target, rows)
        output += OUTPUT * 8
    return block


@inline
def share_results(first: Any, other: Any, count: Any) -> None:
    """Tells another thread's outputs the places of the first's; its lists begin empty."""
    for place in range(count):
        target = words(other + place * OUTPUT * 8)
        target[TARGET] = words(first + place * OUTPUT * 8)[TARGET]
        target[ELEMENTS], target[USED], target[CAPACITY] = 0, 0, 0


@inline
def drop_results(outputs: Any, count: Any) -> None:
    """Frees the elements of one thread's lists."""
    output = outputs
    for _ in range(count):
        target = words(output)
        free(target[ELEMENTS])
        target[ELEMENTS], target[CAPACITY] = 0, 0
        output += OUTPUT * 8


@inline
def merge_results(first: Any, other: Any, count: Any, begin: Any, end: Any) -> Any:
    """Appends another thread's lists, those of rows ``begin`` to ``end``, to the first's. False: they grew too long."""
    for place in range(count):
        target, more = words(first + place * OUTPUT * 8), words(other + place * OUTPUT * 8)
        if target[IS_LIST] == 0:
            continue
        used, count_more = target[USED], more[USED]
        if used + count_more > _LONGEST:
            return False
        target[ELEMENTS] = realloc(target[ELEMENTS], 8 * max(used + count_more, 1))
        memcpy(target[ELEMENTS] + 8 * used, more[ELEMENTS], 8 * count_more)
        target[USED] = used + count_more
        target[CAPACITY] = used + count_more
        ends = halves(target[TARGET])
        for row in range(begin, end):
            ends[row + 1] += used
    return True


def release_column(address: Any) -> None:
    """Arrow's release function of a column: the whole result holds its memory."""
    words(address)[RELEASE] = 0


def release_result(address: Any) -> None:
    """Arrow's release function of a result."""
    array = words(address)
    block = array[PRIVATE]
    addresses = words((block + 63) & ~63)
    for place in range(addresses[0]):
        free(addresses[1 + place])
    children = words(array[CHILDREN])
    for place in range(array[CHILD_COUNT]):
        words(children[place])[RELEASE] = 0
    free(block)
    array[RELEASE] = 0


@inline
def _fill_array(address: Any, length: Any, buffers: Any, count: Any, release: Any) -> Any:
    array = words(address)
    for place in range(ARRAY):
        array[place] = 0
    array[LENGTH] = length
    array[NULLS] = 0
    array[OFFSET] = 0
    array[BUFFER_COUNT] = count
    array[BUFFERS] = buffers
    array[DICTIONARY] = 0
    array[RELEASE] = release
    return array


@inline
def seal_results(block: Any, outputs: Any, count: Any, rows: Any, structure: Any, release: Any, release_child: Any) -> None:
    """Describes the block in the ArrowArray at ``structure``: a struct with one child per feature."""
    base = (block + 63) & ~63
    addresses = words(base)
    arrays = base + 8 * (1 + count)
    buffers = arrays + 8 * ARRAY * 2 * count
    children = buffers + 8 * (1 + _BUFFERS_OF_OUTPUT * count)
    words(buffers)[0] = 0
    top = _fill_array(structure, rows, buffers, 1, release)
    top[CHILD_COUNT], top[CHILDREN], top[PRIVATE] = count, children, block
    freed = 0
    for place in range(count):
        output = words(outputs + place * OUTPUT * 8)
        array = arrays + 8 * ARRAY * 2 * place
        own = buffers + 8 * (1 + _BUFFERS_OF_OUTPUT * place)
        words(own)[0], words(own)[1] = 0, output[TARGET]
        column = _fill_array(array, rows, own, 2, release_child)
        words(children)[place] = array
        if output[IS_LIST] != 0:
            if output[ELEMENTS] == 0:
                output[ELEMENTS] = malloc(64)
            words(own)[2], words(own)[3] = 0, output[ELEMENTS]
            _fill_array(array + 8 * ARRAY, output[USED], own + 16, 2, release_child)
            words(children)[count + place] = array + 8 * ARRAY
            column[CHILD_COUNT], column[CHILDREN] = 1, children + 8 * (count + place)
            addresses[1 + freed] = output[ELEMENTS]
            freed += 1
            output[ELEMENTS], output[CAPACITY] = 0, 0
    addresses[0] = freed
