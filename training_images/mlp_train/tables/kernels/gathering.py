"""From ids to row numbers to vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_train.tables.kernels.compiled import inlined, kernel
from mlp_train.tables.kernels.memory import fetch, floats, words
from mlp_train.tables.kernels.rows import add_scaled, address_of, clear, copy, copy_scaled
from mlp_train.tables.kernels.segments import (
    COUNT,
    ID,
    IDS,
    IDS_STEP,
    KIND,
    LENGTH,
    MASK,
    MEAN,
    OFFSETS,
    ROWS,
    TABLE,
    VECTORS,
    VECTORS_STEP,
)

_AHEAD = 12
_BLOCK = 64


@kernel
def locate_fixed(segments: Any, bases: Any, sizes: Any, outside: Any, first: Any, step: Any) -> None:
    """Row numbers of the places in fixed tables (sizes ≥ 0), for every `step`-th segment from `first` on.

    bases, sizes: (tables,) first row number and rows; outside: (segments,) gets the count of ids that were given row 0.
    """
    for at in range(first, segments.shape[0], step):
        segment = segments[at]
        size = sizes[segment[TABLE]]
        if size < 0:
            continue
        ids, rows, base, stride = words(segment[IDS]), words(segment[ROWS]), bases[segment[TABLE]], segment[IDS_STEP]
        beyond = 0
        for place in range(segment[COUNT]):
            number = ids[place * stride]
            # Seen as unsigned, a negative id is beyond any table.
            inside = np.uint64(number) < np.uint64(size)
            rows[place] = base + number if inside else base
            beyond += 0 if inside else 1
        outside[at] = beyond


@kernel
def gather(segments: Any, pages: Any, width: Any, start: Any, stop: Any) -> None:
    """The vectors of the batch's rows from `start` to `stop`, for all segments: copies, means, or padded sequences with their masks."""
    for begin in range(start, stop, _BLOCK):
        end = min(begin + _BLOCK, stop)
        for at in range(segments.shape[0]):
            segment = segments[at]
            if segment[KIND] == ID:
                _copies(segment, pages, width, begin, end)
            elif segment[KIND] == MEAN:
                _means(segment, pages, width, begin, end)
            else:
                _sequences(segment, pages, width, begin, end)


@inlined
def _copies(segment: Any, pages: Any, width: Any, begin: Any, end: Any) -> None:
    rows, target, step = words(segment[ROWS]), segment[VECTORS], 4 * segment[VECTORS_STEP]
    for at in range(begin, end):
        if at + _AHEAD < end:
            fetch(address_of(pages, rows[at + _AHEAD], width), 4 * width)
        copy(target + at * step, address_of(pages, rows[at], width), width)


@inlined
def _means(segment: Any, pages: Any, width: Any, begin: Any, end: Any) -> None:
    rows, offsets, step = words(segment[ROWS]), words(segment[OFFSETS]), 4 * segment[VECTORS_STEP]
    for at in range(begin, end):
        target, first, last = segment[VECTORS] + at * step, offsets[at], offsets[at + 1]
        if first == last:
            clear(target, width)
            continue
        share = np.float32(1) / np.float32(last - first)
        copy_scaled(target, address_of(pages, rows[first], width), share, width)
        for place in range(first + 1, last):
            add_scaled(target, address_of(pages, rows[place], width), share, width)


@inlined
def _sequences(segment: Any, pages: Any, width: Any, begin: Any, end: Any) -> None:
    rows, offsets, length = words(segment[ROWS]), words(segment[OFFSETS]), segment[LENGTH]
    mask = floats(segment[MASK])
    for at in range(begin, end):
        target, first = segment[VECTORS] + at * 4 * segment[VECTORS_STEP], offsets[at]
        filled = offsets[at + 1] - first
        for place in range(filled):
            copy(target + place * 4 * width, address_of(pages, rows[first + place], width), width)
        clear(target + filled * 4 * width, (length - filled) * width)
        for place in range(length):
            mask[at * length + place] = 1 if place < filled else 0
