"""Kernels of hashes, hash buckets and crosses."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl import limits
from feature_dsl.kernels.columns import Call, Column, IntArray, Ints, Lists, Scalars, Texts, broadcast, offsets_of
from feature_dsl.kernels.xxh64 import floor_mod, hash_ints, hash_texts

U64Array = npt.NDArray[np.uint64]
SEED = 42


def hash_column(column: Scalars, seeds: U64Array) -> U64Array:
    """The hash of each row, missing as "". ``seeds`` has one item or one per row."""
    out = np.empty(column.size, np.uint64)
    if isinstance(column, Texts):
        hash_texts(column.starts, column.lengths, column.data, seeds, out)
        return out
    assert isinstance(column, Ints)
    hash_ints(np.ascontiguousarray(column.values), seeds, out)
    if column.mask is not None:
        out[column.mask] = _of_nothing(seeds[column.mask] if len(seeds) > 1 else seeds, int(column.mask.sum()))
    return out


def _of_nothing(seeds: U64Array, size: int) -> U64Array:
    out, zeros = np.empty(size, np.uint64), np.zeros(size, np.int64)
    hash_texts(zeros, zeros, np.zeros(0, np.uint8), seeds, out)
    return out


def _seed() -> U64Array:
    return np.array([SEED], np.uint64)


def _mod(hashes: U64Array, divisor: int, shift: int) -> IntArray:
    out = np.empty(len(hashes), np.int64)
    floor_mod(hashes, divisor, shift, out)
    return out


def hashed(call: Call) -> Ints:
    return Ints(hash_column(call.args[0], _seed()).view(np.int64))


def identity(call: Call) -> Ints:
    column = call.args[0]
    if isinstance(column, Ints):
        return column
    missing = column.missing()
    ids = hash_column(column, _seed()).view(np.int64)
    return Ints(np.where(missing, 0, ids), missing) if missing.any() else Ints(ids)


def hash_bucket(call: Call) -> Ints:
    column, size = call.args[0], call.constants[1]
    assert isinstance(size, int)
    ids = _mod(hash_column(column, _seed()), size - 1, 1)
    ids[column.missing()] = 0
    return Ints(ids)


def hash_mod(call: Call) -> Ints:
    size = call.constants[1]
    assert isinstance(size, int)
    return Ints(_mod(hash_column(call.args[0], _seed()), size, 0))


def cross(call: Call) -> Column:
    """Chained hashes; lists give the product of their elements, the first input outermost."""
    size = call.constants[0]
    assert isinstance(size, int)
    columns: list[Any] = [broadcast(column, call.size) for column in call.args[1:]]
    if not any(isinstance(column, Lists) for column in columns):
        hashes = _seed()
        for column in columns:
            hashes = hash_column(column, hashes)
        return Ints(_mod(hashes, size - 1, 1))
    return _product(columns, size, call.size)


def _product(columns: list[Any], size: int, rows: int) -> Lists:
    counts = [np.maximum(column.lengths(), 1) if isinstance(column, Lists) else np.ones(rows, np.int64) for column in columns]
    total = np.ones(rows, np.int64)
    for count in counts:
        # saturates above the limit, so that no product overflows
        total = np.minimum(total * np.minimum(count, limits.CROSS_COMBINATIONS), limits.CROSS_COMBINATIONS)
    offsets = offsets_of(total)
    row = np.repeat(np.arange(rows), total)
    place = np.arange(offsets[-1]) - offsets[row]
    hashes = np.full(len(row), SEED, np.uint64)
    inner = _inner_sizes(counts)
    for column, count, below in zip(columns, counts, inner, strict=True):
        chosen = place // below[row] % count[row]
        hashes = hash_column(_elements(column, row, chosen), hashes)
    return Lists(offsets, Ints(_mod(hashes, size - 1, 1)))


def _inner_sizes(counts: list[IntArray]) -> list[IntArray]:
    """For each input, how many combinations the inputs after it have (saturated)."""
    sizes, current = [], np.ones_like(counts[0])
    for count in reversed(counts):
        sizes.append(current)
        current = np.minimum(current * np.minimum(count, 2**20), 2**20)
    return sizes[::-1]


def _elements(column: Any, row: IntArray, chosen: IntArray) -> Scalars:
    if not isinstance(column, Lists):
        taken: Scalars = column.take(row)
        return taken
    return column.child.take(np.where(column.lengths()[row] > 0, column.offsets[row] + chosen, -1))
