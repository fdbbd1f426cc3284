"""First values of rows: normal numbers that follow from the table's seed, the row's key and the column alone.

Hashes are splitmix64's (Steele et al. 2014), normal numbers Box and Muller's (1958). Logarithm and sine are sums of a few powers and
not the C library's, whose last bits differ from machine to machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_train.tables.kernels.compiled import inlined, kernel
from mlp_train.tables.kernels.memory import floats
from mlp_train.tables.kernels.rows import address_of

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_FRACTION = np.uint64((1 << 52) - 1)
_EXPONENT = np.uint64(1023 << 52)
# Of the sine's series, by power.
_S3, _S5, _S7, _S9, _S11, _S13, _S15 = (-1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000)
_LN2, _ROOT2 = 0.6931471805599453, 1.4142135623730951


@inlined
def mix(value: Any) -> Any:
    """splitmix64's finaliser, one to one."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


@inlined
def _log(value: Any) -> Any:
    """Natural logarithm of a number in (0, 1], within 1e-12."""
    bits = np.float64(value).view(np.uint64)
    exponent = np.float64(np.int64(bits >> np.uint64(52)) - 1023)
    part = np.uint64((bits & _FRACTION) | _EXPONENT).view(np.float64)
    above = part > _ROOT2
    part = part * 0.5 if above else part
    exponent = exponent + 1.0 if above else exponent
    # ln x = 2 artanh((x - 1) / (x + 1)), a series in odd powers.
    ratio = (part - 1.0) / (part + 1.0)
    square = ratio * ratio
    series = 1.0 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square * (1 / 11 + square * (1 / 13))))))
    return exponent * _LN2 + 2.0 * ratio * series


@inlined
def _cosine_of_turns(turns: Any) -> Any:
    """cos(2π · turns) for 0 ≤ turns < 1, within 1e-10: 2 sin²(π (turns - 1/2)) - 1."""
    angle = (turns - 0.5) * np.pi
    square = angle * angle
    series = _S15 * square + _S13
    series = ((series * square + _S11) * square + _S9) * square + _S7
    series = ((series * square + _S5) * square + _S3) * square + 1.0
    sine = angle * series
    return 2.0 * sine * sine - 1.0


@inlined
def _normal(bits: Any) -> Any:
    """A normal number from 64 random bits: 32 for its length, 32 for its angle."""
    uniform = (np.float64(np.int64(bits >> np.uint64(32))) + 1.0) * 2.0**-32
    turns = np.float64(np.int64(bits & _LOW)) * 2.0**-32
    return np.sqrt(-2.0 * _log(uniform)) * _cosine_of_turns(turns)


@inlined
def first_values(target: Any, width: Any, key: Any, seed: Any, deviation: Any) -> None:
    """Give the row at an address the first values of its key. seed: the table's, uint64; deviation: (width,) float64."""
    start, row = seed ^ mix(np.uint64(key)), floats(target)
    for column in range(width):
        row[column] = np.float32(deviation[column] * _normal(mix(start + np.uint64(column + 1) * _GOLDEN)))


@kernel
def fill(pages: Any, width: Any, base: Any, begin: Any, end: Any, first: Any, step: Any, seed: Any, deviation: Any) -> None:
    """Give rows `begin` to `end` after row number `base` their first values; the key of the k-th one is first + k · step."""
    for at in range(begin, end):
        first_values(address_of(pages, base + at, width), width, first + at * step, seed, deviation)
