"""XXH64 compiled: over byte ranges and over integers, with a seed per row.

Source of the algorithm: github.com/Cyan4973/xxHash, doc/xxhash_spec.md. Numba's disk cache looks at a function's own
file alone, so everything that calls ``digest`` lies in this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.kernels.jit import I64, OUT_I64, OUT_U64, U8, U64, i64, kernel, u64, void

_P1, _P2, _P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_P4, _P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
_WORD = np.uint64(64)


@kernel(u64, u64, u64)
def _rotate(value: Any, bits: Any) -> Any:
    return (value << bits) | (value >> (_WORD - bits))


@kernel(u64, u64, u64)
def _round(accumulator: Any, lane: Any) -> Any:
    return _rotate(accumulator + lane * _P2, np.uint64(31)) * _P1


@kernel(u64, U8, u64)
def _word(data: Any, at: Any) -> Any:
    value = np.uint64(0)
    for index in range(8):
        value |= np.uint64(data[at + np.uint64(index)]) << np.uint64(8 * index)
    return value


@kernel(u64, u64)
def _avalanche(total: Any) -> Any:
    total = (total ^ (total >> np.uint64(33))) * _P2
    total = (total ^ (total >> np.uint64(29))) * _P3
    return total ^ (total >> np.uint64(32))


@kernel(u64, U8, i64, i64, u64)
def digest(data: Any, start: Any, length: Any, seed: Any) -> Any:
    """The hash of ``data[start : start + length]``."""
    at, end = np.uint64(start), np.uint64(start + length)
    four, eight = np.uint64(4), np.uint64(8)
    if length >= 32:
        a, b, c, d = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
        while at + np.uint64(32) <= end:
            a = _round(a, _word(data, at))
            b = _round(b, _word(data, at + eight))
            c = _round(c, _word(data, at + np.uint64(16)))
            d = _round(d, _word(data, at + np.uint64(24)))
            at += np.uint64(32)
        total = _rotate(a, np.uint64(1)) + _rotate(b, np.uint64(7))
        total += _rotate(c, np.uint64(12)) + _rotate(d, np.uint64(18))
        total = (total ^ _round(np.uint64(0), a)) * _P1 + _P4
        total = (total ^ _round(np.uint64(0), b)) * _P1 + _P4
        total = (total ^ _round(np.uint64(0), c)) * _P1 + _P4
        total = (total ^ _round(np.uint64(0), d)) * _P1 + _P4
    else:
        total = seed + _P5
    total += np.uint64(length)
    while at + eight <= end:
        total = _rotate(total ^ _round(np.uint64(0), _word(data, at)), np.uint64(27)) * _P1 + _P4
        at += eight
    if at + four <= end:
        half = np.uint64(0)
        for index in range(4):
            half |= np.uint64(data[at + np.uint64(index)]) << np.uint64(8 * index)
        total = _rotate(total ^ (half * _P1), np.uint64(23)) * _P2 + _P3
        at += four
    while at < end:
        total = _rotate(total ^ (np.uint64(data[at]) * _P5), np.uint64(11)) * _P1
        at += np.uint64(1)
    return _avalanche(total)


@kernel(u64, u64, u64)
def digest_int(value: Any, seed: Any) -> Any:
    """The hash of an integer's 8 little-endian bytes."""
    total = seed + _P5 + np.uint64(8)
    return _avalanche(_rotate(total ^ _round(np.uint64(0), value), np.uint64(27)) * _P1 + _P4)


@kernel(void, I64, I64, U8, U64, OUT_U64)
def hash_texts(starts: Any, lengths: Any, data: Any, seeds: Any, out: Any) -> None:
    """``out[i]`` is the hash of text i; ``seeds`` has one item, or one per row."""
    step = 0 if len(seeds) == 1 else 1
    for row in range(len(out)):
        out[row] = digest(data, starts[row], lengths[row], seeds[row * step])


@kernel(void, I64, U64, OUT_U64)
def hash_ints(values: Any, seeds: Any, out: Any) -> None:
    """``out[i]`` is the hash of integer i; ``seeds`` has one item, or one per row."""
    step = 0 if len(seeds) == 1 else 1
    for row in range(len(out)):
        out[row] = digest_int(np.uint64(values[row]), seeds[row * step])


@kernel(void, U64, i64, i64, OUT_I64)
def floor_mod(hashes: Any, divisor: Any, shift: Any, out: Any) -> None:
    """``out[i] = shift + floormod(signed hash, divisor)``."""
    for row in range(len(out)):
        rest = np.int64(hashes[row]) % divisor
        out[row] = rest + shift


@kernel(i64, I64, I64, U8, I64, I64, U8, I64, i64, u64)
def find_slot(
    starts: Any, lengths: Any, data: Any, word_starts: Any, word_lengths: Any, words: Any, slots: Any, row: Any, seed: Any
) -> Any:
    """The slot of an open-addressing table that holds text ``row`` or is free."""
    mask = np.uint64(len(slots) - 1)
    start, length = starts[row], lengths[row]
    slot = digest(data, start, length, seed) & mask
    while True:
        word = slots[slot]
        if word < 0:
            return np.int64(slot)
        if word_lengths[word] == length:
            first, same = word_starts[word], True
            for index in range(length):
                if words[first + index] != data[start + index]:
                    same = False
                    break
            if same:
                return np.int64(slot)
        slot = (slot + np.uint64(1)) & mask


@kernel(void, I64, I64, U8, OUT_I64)
def build_table(starts: Any, lengths: Any, data: Any, slots: Any) -> None:
    """Fills ``slots`` (a power of two of them, all -1, at least twice the words) with positions of words."""
    for row in range(len(starts)):
        slots[find_slot(starts, lengths, data, starts, lengths, data, slots, row, np.uint64(0))] = row


@kernel(void, I64, I64, U8, I64, I64, U8, I64, OUT_I64)
def look_up(starts: Any, lengths: Any, data: Any, word_starts: Any, word_lengths: Any, words: Any, slots: Any, out: Any) -> None:
    """``out[i]`` is the word that text i is, or -1."""
    for row in range(len(out)):
        slot = find_slot(starts, lengths, data, word_starts, word_lengths, words, slots, row, np.uint64(0))
        out[row] = slots[slot]
