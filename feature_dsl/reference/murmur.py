"""MurmurHash64A in plain Python, after Austin Appleby's description, with the seed of libstdc++'s ``std::hash``."""

from __future__ import annotations

SEED = 0xC70F6907
_MULTIPLIER = 0xC6A4A7935BD1E995
_MASK = 2**64 - 1


def _mixed(value: int) -> int:
    return value ^ value >> 47


def murmur64a(data: bytes, seed: int = SEED) -> int:
    """The unsigned 64-bit hash of ``data``."""
    total = seed ^ (len(data) * _MULTIPLIER & _MASK)
    whole = len(data) - len(data) % 8
    for start in range(0, whole, 8):
        word = int.from_bytes(data[start : start + 8], "little")
        total = (total ^ _mixed(word * _MULTIPLIER & _MASK) * _MULTIPLIER & _MASK) * _MULTIPLIER & _MASK
    if whole < len(data):
        total = (total ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    return _mixed(_mixed(total) * _MULTIPLIER & _MASK)
