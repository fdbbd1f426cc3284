"""XXH64 compiled, over bytes at an address and over integers.

Source of the algorithm: github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.machine.compiled import entry
from feature_dsl.machine.memory import halves, load_u32, load_u64, octets, words
from feature_dsl.machine.registers import inline

_P1, _P2, _P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_P4, _P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
_WORD, _ZERO = np.uint64(64), np.uint64(0)


@inline
def _rotate(value: Any, bits: Any) -> Any:
    return (value << np.uint64(bits)) | (value >> (_WORD - np.uint64(bits)))


@inline
def _round(accumulator: Any, lane: Any) -> Any:
    return _rotate(accumulator + lane * _P2, 31) * _P1


@inline
def _avalanche(total: Any) -> Any:
    total = (total ^ (total >> np.uint64(33))) * _P2
    total = (total ^ (total >> np.uint64(29))) * _P3
    return total ^ (total >> np.uint64(32))


@inline
def _stripes(address: Any, end: Any, seed: Any) -> Any:
    """The hash so far of all whole 32 bytes."""
    a, b, c, d = seed + _P1 + _P2, seed + _P2, seed, seed - _P1
    at = address
    while at + 32 <= end:
        a = _round(a, load_u64(at))
        b = _round(b, load_u64(at + 8))
        c = _round(c, load_u64(at + 16))
        d = _round(d, load_u64(at + 24))
        at += 32
    total = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
    total = (total ^ _round(_ZERO, a)) * _P1 + _P4
    total = (total ^ _round(_ZERO, b)) * _P1 + _P4
    total = (total ^ _round(_ZERO, c)) * _P1 + _P4
    return (total ^ _round(_ZERO, d)) * _P1 + _P4


@inline
def digest(address: Any, length: Any, seed: Any) -> Any:
    """The hash (uint64) of ``length`` bytes."""
    at, end = address, address + length
    total = seed + _P5
    if length >= 32:
        total = _stripes(address, end, seed)
        at += length & ~31
    total += np.uint64(length)
    while at + 8 <= end:
        total = _rotate(total ^ _round(_ZERO, load_u64(at)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= end:
        total = _rotate(total ^ (load_u32(at) * _P1), 23) * _P2 + _P3
        at += 4
    while at < end:
        total = _rotate(total ^ (np.uint64(octets(at)[0]) * _P5), 11) * _P1
        at += 1
    return _avalanche(total)


@inline
def digest_int(value: Any, seed: Any) -> Any:
    """The hash (uint64) of an integer's 8 little-endian bytes."""
    total = seed + _P5 + np.uint64(8)
    return _avalanche(_rotate(total ^ _round(_ZERO, np.uint64(value)), 27) * _P1 + _P4)


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
