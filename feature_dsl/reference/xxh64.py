"""XXH64 in plain Python, after the algorithm's specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""

from __future__ import annotations

_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MASK = 2**64 - 1


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def _round(accumulator: int, lane: int) -> int:
    return _rotate((accumulator + lane * _P2) & _MASK, 31) * _P1 & _MASK


def _word(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "little")


def xxh64(data: bytes, seed: int = 42) -> int:
    """The unsigned 64-bit hash of ``data``; ``seed`` is unsigned."""
    position, length = 0, len(data)
    if length >= 32:
        lanes = [seed + _P1 + _P2, seed + _P2, seed, seed - _P1]
        while position <= length - 32:
            for index in range(4):
                lanes[index] = _round(lanes[index] & _MASK, _word(data, position + 8 * index, 8))
            position += 32
        total = sum(_rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            total = ((total ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        total = (seed + _P5) & _MASK
    total = (total + length) & _MASK
    while position + 8 <= length:
        total = (_rotate(total ^ _round(0, _word(data, position, 8)), 27) * _P1 + _P4) & _MASK
        position += 8
    if position + 4 <= length:
        total = (_rotate(total ^ (_word(data, position, 4) * _P1 & _MASK), 23) * _P2 + _P3) & _MASK
        position += 4
    for byte in data[position:]:
        total = _rotate(total ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    total = ((total ^ total >> 33) * _P2) & _MASK
    total = ((total ^ total >> 29) * _P3) & _MASK
    return total ^ total >> 32
