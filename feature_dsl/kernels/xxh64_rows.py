"""XXH64 of many texts side by side: the same as ``xxh64.digest`` for each, with arithmetic that the compiler vectorises.

A first loop collects each text's last words, a second one mixes them: all steps for all rows, of which a row takes those that its
length asks for. So no branch depends on a length (but for texts of 32 bytes or more, whose stripes are done one by one).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.kernels.short_words import short_word
from feature_dsl.kernels.xxh64 import P1, P2, P3, P5, avalanche, digest, mixed, rotate, stripes
from feature_dsl.machine.memory import load_u64, words
from feature_dsl.machine.registers import allocate, inline

_ROWS = 256
"""Rows at a time: what the first loop collects of them stays in the nearest cache."""

_FOUR, _BYTE = np.uint64(0xFFFFFFFF), np.uint64(0xFF)


@inline
def digest_rows(frame: Any, data: Any, more: Any, stride: Any, count: Any, seeds: Any) -> None:
    """Hashes ``count`` texts, each with its seed, into the seeds' place.

    :param data, more: words of addresses and lengths; a text lies ``stride`` words behind the one before it.
    :param seeds: address of ``count`` words.
    """
    if stride == 0:
        for row in range(count):
            words(seeds)[row] = np.int64(digest(data[0], more[0], np.uint64(words(seeds)[row])))
        return
    scratch = allocate(frame, 8 * 5 * _ROWS)
    for first in range(0, count, _ROWS):
        rows, totals = min(_ROWS, count - first), words(seeds + 8 * first)
        _collect(data, more, first, rows, totals, scratch)
        _mix(words(scratch), rows, totals)


@inline
def _collect(data: Any, more: Any, first: Any, rows: Any, totals: Any, scratch: Any) -> None:
    """Puts side by side the length, and the three words and the bytes that may follow whole stripes; stripes go into ``totals``."""
    lengths, tails = words(scratch), words(scratch + 8 * 4 * _ROWS)
    one, two, three = words(scratch + 8 * _ROWS), words(scratch + 8 * 2 * _ROWS), words(scratch + 8 * 3 * _ROWS)
    for row in range(rows):
        address, length = data[first + row], more[first + row]
        end, rest = address + length, length & 31
        at = end - rest
        if length >= 32:
            totals[row] = np.int64(stripes(address, end, np.uint64(totals[row])))
        else:
            totals[row] = np.int64(np.uint64(totals[row]) + P5)
        lengths[row] = length
        one[row] = np.int64(load_u64(at if rest >= 8 else scratch))
        two[row] = np.int64(load_u64(at + 8 if rest >= 16 else scratch))
        three[row] = np.int64(load_u64(at + 16 if rest >= 24 else scratch))
        tails[row] = np.int64(short_word(end - (length & 7), length & 7, scratch))


@inline
def _mix(collected: Any, rows: Any, totals: Any) -> None:
    for row in range(rows):
        length = np.uint64(collected[row])
        rest, total = length & np.uint64(31), np.uint64(totals[row]) + length
        total = mixed(total, np.uint64(collected[_ROWS + row])) if rest >= np.uint64(8) else total
        total = mixed(total, np.uint64(collected[2 * _ROWS + row])) if rest >= np.uint64(16) else total
        total = mixed(total, np.uint64(collected[3 * _ROWS + row])) if rest >= np.uint64(24) else total
        tail, left = np.uint64(collected[4 * _ROWS + row]), rest & np.uint64(3)
        with_four = rest & np.uint64(4) != np.uint64(0)
        total = rotate(total ^ (tail & _FOUR) * P1, 23) * P2 + P3 if with_four else total
        tail = tail >> np.uint64(32) if with_four else tail
        total = rotate(total ^ (tail & _BYTE) * P5, 11) * P1 if left >= np.uint64(1) else total
        total = rotate(total ^ (tail >> np.uint64(8) & _BYTE) * P5, 11) * P1 if left >= np.uint64(2) else total
        total = rotate(total ^ (tail >> np.uint64(16) & _BYTE) * P5, 11) * P1 if left >= np.uint64(3) else total
        totals[row] = np.int64(avalanche(total))
