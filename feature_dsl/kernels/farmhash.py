"""FarmHash's Fingerprint64 compiled, over bytes at an address. Source of the algorithm: github.com/google/farmhash, ``farmhashna``."""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.machine.memory import load_u32, load_u64, octets
from feature_dsl.machine.registers import inline

_K0, _K1, _K2 = np.uint64(0xC3A5C85C97CB3127), np.uint64(0xB492B66FBE98F273), np.uint64(0x9AE16A3B2F90404F)
_WORD, _SHIFT, _LOW = np.uint64(64), np.uint64(47), np.uint64(0xFF)
_NINE, _SEED, _PRIME = np.uint64(9), np.uint64(81), np.uint64(113)


@inline
def _rotate(value: Any, bits: Any) -> Any:
    return (value >> np.uint64(bits)) | (value << (_WORD - np.uint64(bits)))


@inline
def _mix(value: Any) -> Any:
    return value ^ (value >> _SHIFT)


@inline
def _join(left: Any, right: Any, factor: Any) -> Any:
    first = _mix((left ^ right) * factor)
    return _mix((right ^ first) * factor) * factor


@inline
def _factor(length: Any) -> Any:
    return _K2 + np.uint64(2 * length)


@inline
def _to_16(at: Any, length: Any) -> Any:
    if length >= 8:
        factor = _factor(length)
        first, last = load_u64(at) + _K2, load_u64(at + length - 8)
        return _join(_rotate(last, 37) * factor + first, (_rotate(first, 25) + last) * factor, factor)
    if length >= 4:
        return _join(np.uint64(length) + (load_u32(at) << np.uint64(3)), load_u32(at + length - 4), _factor(length))
    if length == 0:
        return _K2
    letters = octets(at)
    low = np.uint64(letters[0]) + (np.uint64(letters[length >> 1]) << np.uint64(8))
    high = np.uint64(length) + (np.uint64(letters[length - 1]) << np.uint64(2))
    return _mix(low * _K2 ^ high * _K0) * _K2


@inline
def _to_32(at: Any, length: Any) -> Any:
    factor = _factor(length)
    a, b = load_u64(at) * _K1, load_u64(at + 8)
    c, d = load_u64(at + length - 8) * factor, load_u64(at + length - 16) * _K2
    return _join(_rotate(a + b, 43) + _rotate(c, 30) + d, a + _rotate(b + _K2, 18) + c, factor)


@inline
def _to_64(at: Any, length: Any) -> Any:
    factor = _factor(length)
    a, b = load_u64(at) * _K2, load_u64(at + 8)
    c, d = load_u64(at + length - 8) * factor, load_u64(at + length - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _join(y, a + _rotate(b + _K2, 18) + c, factor)
    e, f = load_u64(at + 16) * factor, load_u64(at + 24)
    g, h = (y + load_u64(at + length - 32)) * factor, (z + load_u64(at + length - 24)) * factor
    return _join(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, factor)


@inline
def _weak(at: Any, a: Any, b: Any) -> Any:
    first, last = load_u64(at), load_u64(at + 24)
    a += first
    b = _rotate(b + a + last, 21)
    total = a + load_u64(at + 8) + load_u64(at + 16)
    return total + last, b + _rotate(total, 44) + a


@inline
def _block(at: Any, x: Any, y: Any, z: Any, v: Any, w: Any, factor: Any, weight: Any) -> Any:
    x = _rotate(x + y + v[0] + load_u64(at + 8), 37) * factor
    y = _rotate(y + v[1] + load_u64(at + 48), 42) * factor
    x ^= w[1] * weight
    y += v[0] * weight + load_u64(at + 40)
    z = _rotate(z + w[0], 33) * factor
    v = _weak(at, v[1] * factor, x + w[0])
    w = _weak(at + 32, z + w[1], y + load_u64(at + 16))
    return z, y, x, v, w


@inline
def _over_64(at: Any, length: Any) -> Any:
    x, y = _SEED * _K2 + load_u64(at), _SEED * _K1 + _PRIME
    z = _mix(y * _K2 + _PRIME) * _K2
    v, w = (np.uint64(0), np.uint64(0)), (np.uint64(0), np.uint64(0))
    last = (length - 1) & 63
    end = at + length
    while at < end - 1 - last:
        x, y, z, v, w = _block(at, x, y, z, v, w, _K1, np.uint64(1))
        at += 64
    factor = _K1 + ((z & _LOW) << np.uint64(1))
    w = (w[0] + np.uint64(last), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _block(end - 64, x, y, z, v, w, factor, _NINE)
    return _join(_join(v[0], w[0], factor) + _mix(y) * _K0 + z, _join(v[1], w[1], factor) + x, factor)


@inline
def fingerprint(address: Any, length: Any) -> Any:
    """The hash (uint64) of ``length`` bytes."""
    if length <= 16:
        return _to_16(address, length)
    if length <= 32:
        return _to_32(address, length)
    if length <= 64:
        return _to_64(address, length)
    return _over_64(address, length)
