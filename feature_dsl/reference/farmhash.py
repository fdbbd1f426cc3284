"""FarmHash's Fingerprint64 in plain Python, after its published algorithm (github.com/google/farmhash, ``farmhashna``).

It never changes, and TensorFlow's fast hash buckets are made with it.
"""

from __future__ import annotations

_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_MASK = 2**64 - 1
_Pair = tuple[int, int]


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _rotate(value: int, bits: int) -> int:
    value &= _MASK
    return (value >> bits | value << (64 - bits)) & _MASK


def _mixed(value: int) -> int:
    value &= _MASK
    return value ^ value >> 47


def _joined(left: int, right: int, factor: int) -> int:
    """Two words as one."""
    right &= _MASK
    first = _mixed((left ^ right) * factor)
    return _mixed((right ^ first) * factor) * factor & _MASK


def fingerprint64(data: bytes) -> int:
    """The unsigned 64-bit hash of ``data``."""
    for longest, function in ((3, _tiny), (7, _short), (16, _middling), (32, _long), (64, _longer)):
        if len(data) <= longest:
            return function(data)
    return _longest(data)


def _tiny(data: bytes) -> int:
    if not data:
        return _K2
    size = len(data)
    low = data[0] + (data[size >> 1] << 8)
    high = size + (data[-1] << 2)
    return _mixed(low * _K2 ^ high * _K0) * _K2 & _MASK


def _short(data: bytes) -> int:
    size = len(data)
    return _joined(size + (_word(data, 0, 4) << 3), _word(data, size - 4, 4), _K2 + size * 2)


def _middling(data: bytes) -> int:
    size = len(data)
    factor = _K2 + size * 2
    first, last = _word(data, 0) + _K2, _word(data, size - 8)
    return _joined((_rotate(last, 37) * factor + first) & _MASK, (_rotate(first, 25) + last) * factor, factor)


def _ends(data: bytes, first_factor: int) -> tuple[int, int, int]:
    """What both of the next two lengths begin with: two sums over the first and last 16 bytes, and the first word."""
    size = len(data)
    a, b = _word(data, 0) * first_factor, _word(data, 8)
    c, d = _word(data, size - 8) * (_K2 + size * 2), _word(data, size - 16) * _K2
    return (_rotate(a + b, 43) + _rotate(c, 30) + d) & _MASK, (a + _rotate(b + _K2, 18) + c) & _MASK, a & _MASK


def _long(data: bytes) -> int:
    left, right, _ = _ends(data, _K1)
    return _joined(left, right, _K2 + len(data) * 2)


def _longer(data: bytes) -> int:
    size = len(data)
    factor = _K2 + size * 2
    y, right, a = _ends(data, _K2)
    z = _joined(y, right, factor)
    e, f = _word(data, 16) * factor, _word(data, 24)
    g, h = (y + _word(data, size - 32)) * factor, (z + _word(data, size - 24)) * factor
    return _joined((_rotate(e + f, 43) + _rotate(g, 30) + h) & _MASK, e + _rotate(f + a, 18) + g, factor)


def _weak(data: bytes, at: int, a: int, b: int) -> _Pair:
    """Two sums over 32 bytes and two seeds."""
    first, second, third, fourth = (_word(data, at + step) for step in (0, 8, 16, 24))
    a += first
    b = _rotate(b + a + fourth, 21)
    total = a + second + third
    return (total + fourth) & _MASK, (b + _rotate(total, 44) + a) & _MASK


def _longest(data: bytes) -> int:
    seed = 81
    x, y = (seed * _K2 + _word(data, 0)) & _MASK, (seed * _K1 + 113) & _MASK
    z = _mixed(y * _K2 + 113) * _K2 & _MASK
    v: _Pair = (0, 0)
    w: _Pair = (0, 0)
    last = (len(data) - 1) & 63
    for at in range(0, len(data) - 1 - last, 64):
        x, y, z, v, w = _block(data, at, (x, y, z), v, w, (_K1, 1))
    factor = _K1 + ((z & 0xFF) << 1)
    w = (w[0] + last, w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _block(data, len(data) - 64, (x, y, z), v, w, (factor, 9))
    left = _joined(v[0], w[0], factor) + _mixed(y) * _K0 + z
    return _joined(left & _MASK, _joined(v[1], w[1], factor) + x, factor)


def _block(data: bytes, at: int, lanes: tuple[int, int, int], v: _Pair, w: _Pair, factors: _Pair) -> tuple[int, int, int, _Pair, _Pair]:
    """64 bytes; the last 64 go with other factors."""
    x, y, z = lanes
    factor, weight = factors
    x = _rotate(x + y + v[0] + _word(data, at + 8), 37) * factor & _MASK
    y = _rotate(y + v[1] + _word(data, at + 48), 42) * factor & _MASK
    x ^= w[1] * weight & _MASK
    y = (y + v[0] * weight + _word(data, at + 40)) & _MASK
    z = _rotate(z + w[0], 33) * factor & _MASK
    v = _weak(data, at, v[1] * factor, x + w[0])
    w = _weak(data, at + 32, z + w[1], y + _word(data, at + 16))
    return z, y, x, v, w
