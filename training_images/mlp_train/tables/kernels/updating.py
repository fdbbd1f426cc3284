"""The row-sparse step: gradients of a row are summed over all its places in the batch, then the optimizer changes the row once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_train.tables.kernels import steps
from mlp_train.tables.kernels.compiled import inlined, kernel
from mlp_train.tables.kernels.memory import fetch, floats, halves, words
from mlp_train.tables.kernels.rows import ONE, add_scaled, address_of, copy, copy_scaled
from mlp_train.tables.kernels.segments import COUNT, ID, KIND, MEAN, OFFSETS, ROWS, VECTORS, VECTORS_STEP

# Floats of a block of rows that the optimizer changes at once: with gradients and slots it fits the first cache.
BLOCK = 2048
_AHEAD = 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
# Lines of `links`: by index of a row its first and its last place; by place the next place of the same row, or -1.
_HEAD, _TAIL, _NEXT = 0, 1, 2
LINKS = 3
# Lines of `numbers`: by index of a row its number; by place the address of its gradient.
_ROW, _SOURCE = 0, 1
NUMBERS = 2
# Lines of `blocks`.
_GRADIENTS, _VALUES, _FIRST, _SECOND = 0, 1, 2, 3
BLOCKS = 4


@inlined
def _mine(row: Any, part: Any, parts: Any) -> Any:
    """Whether a row falls to this part: by bits of its hash that the slot of `_enter` hardly uses."""
    if parts == 1:
        return True
    return np.int64(((np.uint64(row) * _GOLDEN) >> np.uint64(16)) & np.uint64(0xFFFF)) * parts >> 16 == part


@inlined
def _enter(row: Any, place: Any, used: Any, bits: Any, marks: Any, links: Any, numbers: Any) -> Any:
    """Append a place to its row's chain; returns how many rows there are now. marks: open addressing; 0, or a row's index + 1."""
    marks, rows = halves(marks.ctypes.data), words(numbers[_ROW].ctypes.data)
    heads, tails, nexts = halves(links[_HEAD].ctypes.data), halves(links[_TAIL].ctypes.data), halves(links[_NEXT].ctypes.data)
    slot = np.int64((np.uint64(row) * _GOLDEN) >> np.uint64(64 - bits))
    nexts[place] = -1
    while marks[slot] != 0:
        index = marks[slot] - 1
        if rows[index] == row:
            nexts[tails[index]] = place
            tails[index] = place
            return used
        slot = (slot + 1) & ((1 << bits) - 1)
    marks[slot] = used + 1
    rows[used], heads[used], tails[used] = row, place, place
    return used + 1


@inlined
def _enter_segment(
    segment: Any, width: Any, begin: Any, used: Any, bits: Any, part: Any, parts: Any, marks: Any, links: Any, numbers: Any, scales: Any
) -> Any:
    """Enter all places of a column, numbered from `begin` on, with the address of each one's gradient and its share of it."""
    rows, vectors, step = words(segment[ROWS]), segment[VECTORS], 4 * segment[VECTORS_STEP]
    sources, shares = words(numbers[_SOURCE].ctypes.data), floats(scales.ctypes.data)
    if segment[KIND] == ID:
        for at in range(segment[COUNT]):
            if _mine(rows[at], part, parts):
                sources[begin + at], shares[begin + at] = vectors + at * step, ONE
                used = _enter(rows[at], begin + at, used, bits, marks, links, numbers)
        return used
    offsets, mean = words(segment[OFFSETS]), segment[KIND] == MEAN
    row = 0
    for at in range(segment[COUNT]):
        while offsets[row + 1] <= at:
            row += 1
        if _mine(rows[at], part, parts):
            sources[begin + at] = vectors + row * step + (0 if mean else (at - offsets[row]) * 4 * width)
            shares[begin + at] = ONE / np.float32(offsets[row + 1] - offsets[row]) if mean else ONE
            used = _enter(rows[at], begin + at, used, bits, marks, links, numbers)
    return used


def _updater(name: str, step: Callable[..., None]) -> Callable[..., None]:
    @inlined
    def apply(
        used: Any, pages: Any, firsts: Any, seconds: Any, widths: Any, settings: Any, links: Any, numbers: Any, scales: Any, blocks: Any
    ) -> None:
        width, one, two = widths[0], widths[1], widths[2]
        per_block = max(1, BLOCK // width)
        heads, nexts = halves(links[_HEAD].ctypes.data), halves(links[_NEXT].ctypes.data)
        rows, sources, shares = words(numbers[_ROW].ctypes.data), words(numbers[_SOURCE].ctypes.data), floats(scales.ctypes.data)
        gradients, values, first, second = blocks[_GRADIENTS], blocks[_VALUES], blocks[_FIRST], blocks[_SECOND]
        at_gradients, at_values, at_first, at_second = (
            gradients.ctypes.data, values.ctypes.data, first.ctypes.data, second.ctypes.data
        )  # fmt: skip
        for begin in range(0, used, per_block):
            count = min(per_block, used - begin)
            for at in range(count):
                if begin + at + _AHEAD < used:
                    later = rows[begin + at + _AHEAD]
                    fetch(sources[heads[begin + at + _AHEAD]], 4 * width)
                    fetch(address_of(pages, later, width), 4 * width)
                    if one > 0:
                        fetch(address_of(firsts, later, one), 4 * one)
                    if two > 0:
                        fetch(address_of(seconds, later, two), 4 * two)
                row, place, total = rows[begin + at], heads[begin + at], at_gradients + at * 4 * width
                copy_scaled(total, sources[place], shares[place], width)
                place = nexts[place]
                while place >= 0:
                    add_scaled(total, sources[place], shares[place], width)
                    place = nexts[place]
                copy(at_values + at * 4 * width, address_of(pages, row, width), width)
                copy(at_first + at * 4 * one, address_of(firsts, row, one), one)
                copy(at_second + at * 4 * two, address_of(seconds, row, two), two)
            step(gradients, values, first, second, count, width, settings)
            for at in range(count):
                row = rows[begin + at]
                copy(address_of(pages, row, width), at_values + at * 4 * width, width)
                copy(address_of(firsts, row, one), at_first + at * 4 * one, one)
                copy(address_of(seconds, row, two), at_second + at * 4 * two, two)

    def update(
        work: Any, segments: Any, pages: Any, firsts: Any, seconds: Any, widths: Any, settings: Any,
        marks: Any, links: Any, numbers: Any, scales: Any, blocks: Any,
    ) -> None:  # fmt: skip
        for start, stop, places, part, parts in work:
            bits = 6
            while (1 << bits) < 2 * places:
                bits += 1
            marks[: 1 << bits] = 0
            used, begin = 0, 0
            for at in range(start, stop):
                used = _enter_segment(segments[at], widths[0], begin, used, bits, part, parts, marks, links, numbers, scales)
                begin += segments[at, COUNT]
            apply(used, pages, firsts, seconds, widths, settings, links, numbers, scales, blocks)

    return kernel(update, f"update.{name}")


@functools.cache
def updater(name: str) -> Callable[..., None]:
    """The step of one optimizer.

    Called with: work, (tasks, 5) int64: a table's first segment and the one past its last, its places, and which of how many parts of
    its rows (by hash: a row is one task's alone); segments, VECTORS being gradients; the pages of values and of the optimizer's slots,
    their widths (0: no such slot), its settings; marks (int32, twice the places of a table, a power of two, at least 64), links (int32;
    LINKS, places), numbers (int64; NUMBERS, places), scales (places,), blocks (BLOCKS, BLOCK or a row).
    """
    return _updater(name, STEPS[name])


STEPS = {"adagrad": steps.adagrad, "rowwise_adagrad": steps.rowwise_adagrad, "adam": steps.adam}
