"""Row numbers in growing tables: finding keys, counting those that wait, giving rows to new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_train.tables.kernels.compiled import inlined, kernel
from mlp_train.tables.kernels.controls import (
    ADMIT,
    AGE,
    BITS,
    COUNT_MASK,
    LIMIT,
    LIVE,
    MAP,
    MAP_ROOM,
    MARKING,
    MOST_LIVE,
    NEED,
    NOTHING,
    NOW,
    OCCUPIED,
    PLACE,
    ROW_BITS,
    ROW_MASK,
    SEED,
    SEGMENT,
    SHARED,
    SPARE,
    SPARES,
    STOP,
    SWEEP,
    USED,
    USES,
    WAITING,
    WAITING_BITS,
    WAITING_ROOM,
)
from mlp_train.tables.kernels.controls import ROWS as NEED_ROWS
from mlp_train.tables.kernels.filling import first_values, mix
from mlp_train.tables.kernels.memory import fetch, words
from mlp_train.tables.kernels.rows import address_of, clear
from mlp_train.tables.kernels.segments import COUNT, IDS, IDS_STEP, ROWS

_AHEAD = 32
_MOST_USES = (1 << 31) - 1


@inlined
def _home(key: Any, bits: Any) -> Any:
    return np.int64(mix(np.uint64(key)) >> np.uint64(64 - bits))


@inlined
def _slot(entries: Any, bits: Any, key: Any) -> Any:
    """The key's slot in a map, or the empty one where it belongs."""
    slot = _home(key, bits)
    while entries[2 * slot] != 0 and entries[2 * slot] != key:
        slot = (slot + 1) & ((1 << bits) - 1)
    return slot


@inlined
def _admitted(control: Any, key: Any) -> Any:
    """Count a key that has no row; NOTHING when it is to have one now, -1 when it waits on, otherwise what is needed first."""
    admit = control[ADMIT]
    if admit == 1:
        return NOTHING
    waiting, bits = words(control[WAITING]), control[WAITING_BITS]
    mask, tag = (1 << bits) - 1, np.int64(mix(np.uint64(key))) & ~COUNT_MASK
    slot = _home(key, bits)
    while waiting[slot] != 0 and waiting[slot] & ~COUNT_MASK != tag:
        slot = (slot + 1) & mask
    count = waiting[slot] & COUNT_MASK
    if count == 0 and control[LIVE] == control[MOST_LIVE]:
        return SWEEP
    if waiting[slot] == 0:
        if 8 * control[OCCUPIED] >= 5 << bits:
            return WAITING_ROOM
        control[OCCUPIED] += 1
    count += 1
    if count == admit:
        # The slot stays taken, by nobody: others may lie behind it.
        waiting[slot] = tag
        control[LIVE] -= 1
        return NOTHING
    if count == 1:
        control[LIVE] += 1
    waiting[slot] = tag | count
    return -1


@inlined
def _locate(control: Any, segment: Any, pages: Any, firsts: Any, seconds: Any, widths: Any, deviation: Any, learn: Any) -> Any:
    """Row numbers of a segment's places from control[PLACE] on; returns what is needed to go on."""
    ids, rows, stride, count = words(segment[IDS]), words(segment[ROWS]), segment[IDS_STEP], segment[COUNT]
    entries, bits, shared, marking = words(control[MAP]), control[BITS], control[SHARED], control[MARKING]
    spare = words(control[SPARE])
    for place in range(control[PLACE], count):
        if place + _AHEAD < count:
            # A slot lies in one cache line.
            fetch(control[MAP] + 16 * _home(ids[(place + _AHEAD) * stride], bits), 1)
        key = ids[place * stride]
        rows[place] = shared
        if key == 0:
            continue
        slot = _slot(entries, bits, key)
        if entries[2 * slot] == key:
            packed = entries[2 * slot + 1]
            rows[place] = packed & ROW_MASK
            if learn and marking == AGE:
                entries[2 * slot + 1] = (packed & ROW_MASK) | (control[NOW] << ROW_BITS)
            elif learn and marking == USES and packed >> ROW_BITS < _MOST_USES:
                entries[2 * slot + 1] = packed + (1 << ROW_BITS)
            continue
        if not learn:
            continue
        need = NOTHING
        if control[USED] >= control[LIMIT]:
            need = MAP_ROOM
        elif control[SPARES] == 0:
            need = NEED_ROWS
        else:
            need = _admitted(control, key)
        if need > NOTHING:
            control[PLACE] = place
            return need
        if need == NOTHING:
            control[SPARES] -= 1
            row = spare[control[SPARES]]
            mark = control[NOW] if marking == AGE else marking // USES
            entries[2 * slot], entries[2 * slot + 1] = key, row | (mark << ROW_BITS)
            control[USED] += 1
            first_values(address_of(pages, row, widths[0]), widths[0], key, np.uint64(control[SEED]), deviation)
            clear(address_of(firsts, row, widths[1]), widths[1])
            clear(address_of(seconds, row, widths[2]), widths[2])
            rows[place] = row
    return NOTHING


@kernel
def locate_growing(
    segments: Any, controls: Any, tables: Any, pages: Any, firsts: Any, seconds: Any, widths: Any, deviation: Any, learn: Any
) -> Any:
    """Row numbers of the places in some growing tables (lines of `controls`), in the order of segments and places.

    With `learn`, keys are marked, those that wait are counted, and new ones get rows. Returns how many tables stopped early: see to their
    NEED and call again, which goes on from there.
    """
    stopped = 0
    for table in tables:
        control = controls[table]
        control[NEED] = NOTHING
        while control[NEED] == NOTHING and control[SEGMENT] < control[STOP]:
            control[NEED] = _locate(control, segments[control[SEGMENT]], pages, firsts, seconds, widths, deviation, learn)
            if control[NEED] == NOTHING:
                control[SEGMENT] += 1
                control[PLACE] = 0
        stopped += 0 if control[NEED] == NOTHING else 1
    return stopped


@kernel
def enter_keys(entries: Any, target: Any, bits: Any) -> None:
    """Put the slots of a map that are not empty into another, empty one of 2^bits slots. entries: (slots, 2); target: flat."""
    for at in range(entries.shape[0]):
        if entries[at, 0] != 0:
            slot = _slot(words(target.ctypes.data), bits, entries[at, 0])
            target[2 * slot], target[2 * slot + 1] = entries[at, 0], entries[at, 1]


@kernel
def enter_waiting(counts: Any, target: Any, bits: Any, shift: Any) -> Any:
    """Put waiting ids into another, empty map of 2^bits slots, their counts divided by 2^shift, without those that count nothing then.

    Returns how many there are.
    """
    entered = 0
    for at in range(counts.size):
        count = (counts[at] & COUNT_MASK) >> shift
        if count > 0:
            slot = np.int64(np.uint64(counts[at]) >> np.uint64(64 - bits))
            while target[slot] != 0:
                slot = (slot + 1) & ((1 << bits) - 1)
            target[slot] = (counts[at] & ~COUNT_MASK) | count
            entered += 1
    return entered
