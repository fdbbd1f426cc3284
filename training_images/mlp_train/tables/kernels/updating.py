"""The row-sparse step: gradients of a row are summed over all its places in the batch, then the optimizer changes the row once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_train.tables.kernels import steps
from mlp_train.tables.kernels.compiled import inlined, kernel
from mlp_train.tables.kernels.memory import fetch, words
from mlp_train.tables.kernels.rows import add_scaled, address_of, copy, copy_scaled
from mlp_train.tables.kernels.segments import COUNT, ID, KIND, MEAN, OFFSETS, ROWS, TABLE, VECTORS, VECTORS_STEP

# Floats of a block of rows that the optimizer changes at once: with gradients and slots it fits the first cache.
BLOCK = 2048
_AHEAD = 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
# Lines of `chains`: by index of a row its number, its first and its last place; by place the next place of the same row.
_ROW, _HEAD, _TAIL, _NEXT = 0, 1, 2, 3
CHAINS = 4
# Lines of `blocks`.
_GRADIENTS, _VALUES, _FIRST, _SECOND = 0, 1, 2, 3
BLOCKS = 4


@inlined
def _enter(row: Any, place: Any, used: Any, bits: Any, marks: Any, chains: Any) -> Any:
    """Append a place to its row's chain; returns how many rows there are now. marks: open addressing; 0, or a row's index + 1."""
    slot = np.int64((np.uint64(row) * _GOLDEN) >> np.uint64(64 - bits))
    chains[_NEXT, place] = -1
    while marks[slot] != 0:
        index = marks[slot] - 1
        if chains[_ROW, index] == row:
            chains[_NEXT, chains[_TAIL, index]] = place
            chains[_TAIL, index] = place
            return used
        slot = (slot + 1) & ((1 << bits) - 1)
    marks[slot] = used + 1
    chains[_ROW, used], chains[_HEAD, used], chains[_TAIL, used] = row, place, place
    return used + 1


@inlined
def _mine(row: Any, part: Any, parts: Any) -> Any:
    """Whether a row falls to this part: by bits of its hash that the slot of `_enter` hardly uses."""
    if parts == 1:
        return True
    return np.int64(((np.uint64(row) * _GOLDEN) >> np.uint64(16)) & np.uint64(0xFFFF)) * parts >> 16 == part


@inlined
def _enter_segment(
    segment: Any, width: Any, begin: Any, used: Any, bits: Any, part: Any, parts: Any, marks: Any, chains: Any, sources: Any, scales: Any
) -> Any:
    """Enter all places of a column, numbered from `begin` on, with the address of each one's gradient and its share of it."""
    rows, vectors, step = words(segment[ROWS]), segment[VECTORS], 4 * segment[VECTORS_STEP]
    if segment[KIND] == ID:
        for at in range(segment[COUNT]):
            if _mine(rows[at], part, parts):
                sources[begin + at], scales[begin + at] = vectors + at * step, 1
                used = _enter(rows[at], begin + at, used, bits, marks, chains)
        return used
    offsets, mean = words(segment[OFFSETS]), segment[KIND] == MEAN
    row = 0
    for at in range(segment[COUNT]):
        while offsets[row + 1] <= at:
            row += 1
        if _mine(rows[at], part, parts):
            sources[begin + at] = vectors + row * step + (0 if mean else (at - offsets[row]) * 4 * width)
            scales[begin + at] = np.float32(1) / np.float32(offsets[row + 1] - offsets[row]) if mean else np.float32(1)
            used = _enter(rows[at], begin + at, used, bits, marks, chains)
    return used


@inlined
def _sum(target: Any, place: Any, chains: Any, sources: Any, scales: Any, width: Any) -> None:
    """The sum of the gradients of a row's places, in their order."""
    copy_scaled(target, sources[place], scales[place], width)
    place = chains[_NEXT, place]
    while place >= 0:
        add_scaled(target, sources[place], scales[place], width)
        place = chains[_NEXT, place]


def _updater(name: str, step: Callable[..., None]) -> Callable[..., None]:
    @inlined
    def apply(
        used: Any, pages: Any, firsts: Any, seconds: Any, widths: Any, numbers: Any, chains: Any, sources: Any, scales: Any, blocks: Any
    ) -> None:
        width, one, two = widths[0], widths[1], widths[2]
        per_block = max(1, BLOCK // width)
        gradients, values, first, second = blocks[_GRADIENTS], blocks[_VALUES], blocks[_FIRST], blocks[_SECOND]
        for begin in range(0, used, per_block):
            count = min(per_block, used - begin)
            for at in range(count):
                if begin + at + _AHEAD < used:
                    later = chains[_ROW, begin + at + _AHEAD]
                    fetch(address_of(pages, later, width), 4 * width)
                    if one > 0:
                        fetch(address_of(firsts, later, one), 4 * one)
                    if two > 0:
                        fetch(address_of(seconds, later, two), 4 * two)
                row = chains[_ROW, begin + at]
                _sum(gradients.ctypes.data + at * 4 * width, chains[_HEAD, begin + at], chains, sources, scales, width)
                copy(values.ctypes.data + at * 4 * width, address_of(pages, row, width), width)
                copy(first.ctypes.data + at * 4 * one, address_of(firsts, row, one), one)
                copy(second.ctypes.data + at * 4 * two, address_of(seconds, row, two), two)
            step(gradients, values, first, second, count, width, numbers)
            for at in range(count):
                row = chains[_ROW, begin + at]
                copy(address_of(pages, row, width), values.ctypes.data + at * 4 * width, width)
                copy(address_of(firsts, row, one), first.ctypes.data + at * 4 * one, one)
                copy(address_of(seconds, row, two), second.ctypes.data + at * 4 * two, two)

    def update(
        segments: Any, pages: Any, firsts: Any, seconds: Any, widths: Any, numbers: Any, part: Any, parts: Any,
        marks: Any, chains: Any, sources: Any, scales: Any, blocks: Any,
    ) -> None:  # fmt: skip
        at = 0
        while at < segments.shape[0]:
            stop, places = at, 0
            while stop < segments.shape[0] and segments[stop, TABLE] == segments[at, TABLE]:
                places += segments[stop, COUNT]
                stop += 1
            bits = 6
            while (1 << bits) < 2 * places:
                bits += 1
            marks[: 1 << bits] = 0
            used, begin = 0, 0
            for one in range(at, stop):
                used = _enter_segment(segments[one], widths[0], begin, used, bits, part, parts, marks, chains, sources, scales)
                begin += segments[one, COUNT]
            apply(used, pages, firsts, seconds, widths, numbers, chains, sources, scales, blocks)
            at = stop

    return kernel(update, f"update.{name}")


@functools.cache
def updater(name: str) -> Callable[..., None]:
    """The step of all rows of a batch whose hash falls to `part` of `parts`, so that each row is one thread's alone.

    Called with: segments, those of a table next to each other, VECTORS being gradients; the pages of values and of the optimizer's
    slots, their widths (0: no such slot), its numbers; part, parts; marks (int32, twice the places of a table, a power of two, at least
    64), chains (CHAINS, places), sources and scales (places,), blocks (BLOCKS, BLOCK or a row).
    """
    return _updater(name, STEPS[name])


STEPS = {"adagrad": steps.adagrad, "rowwise_adagrad": steps.rowwise_adagrad, "adam": steps.adam}
