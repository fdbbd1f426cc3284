"""XXH64 compiled, over bytes at an address and over integers.

Source of the algorithm: github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.machine.compiled import entry
from feature_dsl.machine.memory import halves, load_u32, load_u64, octets, words
from feature_dsl.machine.registers import inline

P1, P2, P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
P4, P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
_WORD, _ZERO = np.uint64(64), np.uint64(0)


@inline
def rotate(value: Any, bits: Any) -> Any:
    return (value << np.uint64(bits)) | (value >> (_WORD - np.uint64(bits)))


@inline
def _round(accumulator: Any, lane: Any) -> Any:
    return rotate(accumulator + lane * P2, 31) * P1


@inline
def mixed(total: Any, word: Any) -> Any:
    """The hash so far and eight bytes more."""
    return rotate(total ^ _round(_ZERO, word), 27) * P1 + P4


@inline
def avalanche(total: Any) -> Any:
    total = (total ^ (total >> np.uint64(33))) * P2
    total = (total ^ (total >> np.uint64(29))) * P3
    return total ^ (total >> np.uint64(32))


@inline
def stripes(address: Any, end: Any, seed: Any) -> Any:
    """The hash so far of all whole 32 bytes."""
    a, b, c, d = seed + P1 + P2, seed + P2, seed, seed - P1
    at = address
    while at + 32 <= end:
        a = _round(a, load_u64(at))
        b = _round(b, load_u64(at + 8))
        c = _round(c, load_u64(at + 16))
        d = _round(d, load_u64(at + 24))
        at += 32
    total = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
    total = (total ^ _round(_ZERO, a)) * P1 + P4
    total = (total ^ _round(_ZERO, b)) * P1 + P4
    total = (total ^ _round(_ZERO, c)) * P1 + P4
    return (total ^ _round(_ZERO, d)) * P1 + P4


@inline
def digest(address: Any, length: Any, seed: Any) -> Any:
    """The hash (uint64) of ``length`` bytes."""
    at, end = address, address + length
    total = seed + P5
    if length >= 32:
        total = stripes(address, end, seed)
        at += length & ~31
    total += np.uint64(length)
    while at + 8 <= end:
        total = mixed(total, load_u64(at))
        at += 8
    if at + 4 <= end:
        total = rotate(total ^ (load_u32(at) * P1), 23) * P2 + P3
        at += 4
    while at < end:
        total = rotate(total ^ (np.uint64(octets(at)[0]) * P5), 11) * P1
        at += 1
    return avalanche(total)


@inline
def digest_int(value: Any, seed: Any) -> Any:
    """The hash (uint64) of an integer's 8 little-endian bytes."""
    total = seed + P5 + np.uint64(8)
    return avalanche(mixed(total, np.uint64(value)))


@entry("int64(int64, int64, int64, int64, int64, int64, int64)")
def hash_texts(offsets: Any, wide: Any, data: Any, seeds: Any, seed_step: Any, count: Any, out: Any) -> Any:
    """Hashes the texts between 32-bit (``wide``: 64-bit) offsets; a seed per row where ``seed_step`` is 1."""
    for row in range(count):
        begin = words(offsets)[row] if wide else halves(offsets)[row]
        end = words(offsets)[row + 1] if wide else halves(offsets)[row + 1]
        words(out)[row] = np.int64(digest(data + begin, end - begin, np.uint64(words(seeds)[row * seed_step])))
    return 0


@entry("int64(int64, int64, int64, int64, int64)")
def hash_ints(values: Any, seeds: Any, seed_step: Any, count: Any, out: Any) -> Any:
    """Hashes integers; a seed per row where ``seed_step`` is 1."""
    for row in range(count):
        words(out)[row] = np.int64(digest_int(words(values)[row], np.uint64(words(seeds)[row * seed_step])))
    return 0
