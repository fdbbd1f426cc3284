"""A batch whose rows are held by several parts: distinct ids to ask them for, and sums of gradients to send them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_train.tables.kernels.compiled import inlined, kernel
from mlp_train.tables.kernels.filling import mix
from mlp_train.tables.kernels.memory import fetch, words
from mlp_train.tables.kernels.rows import ONE, add_scaled, clear, copy_scaled
from mlp_train.tables.kernels.segments import COUNT, ID, IDS, IDS_STEP, KIND, MEAN, OFFSETS, ROWS, VECTORS, VECTORS_STEP

# Columns of `spans`: a table's first segment, the one past its last, and where its distinct ids begin among those of all tables.
FIRST, STOP, START = 0, 1, 2
SPANS = 3
_AHEAD = 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@inlined
def _owner(hashed: Any, parts: Any) -> Any:
    """By bits of a key's hash that maps of keys hardly use, and that an id which waits has kept."""
    return np.int64((np.uint64(hashed) >> np.uint64(8)) & np.uint64(0xFFFF)) * parts >> 16


@kernel
def owners_of_keys(keys: Any, parts: Any, owners: Any) -> None:
    """Which part holds each key of a growing table."""
    for at in range(keys.size):
        owners[at] = _owner(mix(np.uint64(keys[at])), parts)


@kernel
def owners_of_hashes(hashes: Any, parts: Any, owners: Any) -> None:
    """The same by the keys' hashes, whose lowest eight bits do not matter."""
    for at in range(hashes.size):
        owners[at] = _owner(hashes[at], parts)


@kernel
def find_distinct(
    segments: Any, tables: Any, spans: Any, sizes: Any, parts: Any,
    marks: Any, ids: Any, times: Any, owners: Any, numbers: Any, outside: Any,
) -> None:  # fmt: skip
    """The distinct ids of some tables, in the order in which they come; those of a growing table begin with 0.

    ROWS of each place becomes its id's index. sizes: (tables,) rows of the whole, -1 growing; ids, times, owners: by index, the id, how
    often it is there, and the part that holds it; numbers: (parts, tables) counts them; outside: (segments,) ids outside fixed tables,
    which are id 0 from here on. marks: int32, zero or an index + 1 by hash: twice the places of a table and more, a power of two.
    """
    for table in tables:
        size, start, used, bits = sizes[table], spans[table, START], 0, 6
        places = 1
        for at in range(spans[table, FIRST], spans[table, STOP]):
            places += segments[at, COUNT]
        while (1 << bits) < 2 * places:
            bits += 1
        marks[: 1 << bits] = 0
        if size < 0:
            ids[start], times[start] = 0, 0
            marks[0], used = 1, 1
        for at in range(spans[table, FIRST], spans[table, STOP]):
            segment = segments[at]
            given, rows, stride = words(segment[IDS]), words(segment[ROWS]), segment[IDS_STEP]
            beyond = 0
            for place in range(segment[COUNT]):
                key = given[place * stride]
                if size >= 0 and np.uint64(key) >= np.uint64(size):
                    key = 0
                    beyond += 1
                slot = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(64 - bits))
                while marks[slot] != 0 and ids[start + marks[slot] - 1] != key:
                    slot = (slot + 1) & ((1 << bits) - 1)
                if marks[slot] == 0:
                    ids[start + used], times[start + used] = key, 0
                    used += 1
                    marks[slot] = used
                index = start + marks[slot] - 1
                times[index] += 1
                rows[place] = index
            outside[at] = beyond
        for index in range(start, start + used):
            owner = ids[index] % parts if size >= 0 else _owner(mix(np.uint64(ids[index])), parts)
            owners[index] = owner
            numbers[owner, table] += 1


@kernel
def ask(
    segments: Any, tables: Any, spans: Any, sizes: Any, parts: Any,
    found: Any, ids: Any, times: Any, owners: Any, nexts: Any, asked: Any, zeros: Any,
) -> None:  # fmt: skip
    """Put the distinct ids of some tables in the order in which they are asked for: by part, table, index. ROWS becomes the place there.

    found: (tables,) how many there are; nexts: (parts, tables) where each one's begin, which is changed; asked: (n, 1 or 2) gets the id as
    its owner counts it and, with growing tables, how often it is there; zeros: (tables,) gets the place of a growing table's id 0.
    """
    for table in tables:
        start, size = spans[table, START], sizes[table]
        for index in range(start, start + found[table]):
            owner = owners[index]
            place = nexts[owner, table]
            nexts[owner, table] = place + 1
            asked[place, 0] = ids[index] // parts if size >= 0 else ids[index]
            if asked.shape[1] > 1:
                asked[place, 1] = times[index]
            # From here on the index is known by its place.
            ids[index] = place
        zeros[table] = ids[start] if found[table] > 0 else -1
        for at in range(spans[table, FIRST], spans[table, STOP]):
            rows = words(segments[at, ROWS])
            for place in range(segments[at, COUNT]):
                rows[place] = ids[rows[place]]


@kernel
def move_refused(segments: Any, tables: Any, spans: Any, zeros: Any, refused: Any) -> None:
    """Let the first places of ids that had no row yet be places of id 0. refused: by place in `asked`, how many of them; is used up."""
    for table in tables:
        for at in range(spans[table, FIRST], spans[table, STOP]):
            rows = words(segments[at, ROWS])
            for place in range(segments[at, COUNT]):
                if refused[rows[place]] > 0:
                    refused[rows[place]] -= 1
                    rows[place] = zeros[table]


@inlined
def _add(target: Any, row: Any, source: Any, share: Any, width: Any, touched: Any) -> None:
    if touched[row] == 0:
        touched[row] = 1
        copy_scaled(target + 4 * width * row, source, share, width)
    else:
        add_scaled(target + 4 * width * row, source, share, width)


@kernel
def sum_gradients(segments: Any, tables: Any, spans: Any, width: Any, factor: Any, target: Any, touched: Any) -> None:
    """Sum the gradients of each row over its places, times `factor`. VECTORS: gradients; target: address of (n, width) floats, unset;
    touched: (n,) uint8, zeros, becomes 1 for rows that have a gradient.
    """
    for table in tables:
        for at in range(spans[table, FIRST], spans[table, STOP]):
            segment = segments[at]
            rows, vectors, step = words(segment[ROWS]), segment[VECTORS], 4 * segment[VECTORS_STEP]
            if segment[KIND] == ID:
                for place in range(segment[COUNT]):
                    if place + _AHEAD < segment[COUNT]:
                        fetch(vectors + (place + _AHEAD) * step, 4 * width)
                        fetch(target + 4 * width * rows[place + _AHEAD], 4 * width)
                    _add(target, rows[place], vectors + place * step, factor, width, touched)
                continue
            offsets, row = words(segment[OFFSETS]), 0
            for place in range(segment[COUNT]):
                while offsets[row + 1] <= place:
                    row += 1
                if segment[KIND] == MEAN:
                    share = ONE / np.float32(offsets[row + 1] - offsets[row]) * factor
                    _add(target, rows[place], vectors + row * step, share, width, touched)
                else:
                    _add(target, rows[place], vectors + row * step + (place - offsets[row]) * 4 * width, factor, width, touched)


@kernel
def clear_untouched(target: Any, width: Any, touched: Any) -> None:
    """Zeros for rows without a gradient."""
    for row in range(touched.size):
        if touched[row] == 0:
            clear(target + 4 * width * row, width)
