"""Columns as kernels see them: NumPy arrays that share the Arrow buffers where they can.

A column of one row among longer ones stands for a constant. Missing is: length 0 of a text or a list, NaN of a float,
a set bit of ``missing`` of an integer or a bool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.types import Type, Value

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ints:
    """int64 values and a mask of missing ones (None: none is)."""

    values: IntArray
    mask: BoolArray | None = None

    @property
    def size(self) -> int:
        return len(self.values)

    def missing(self) -> BoolArray:
        return np.zeros(self.size, np.bool_) if self.mask is None else self.mask

    def take(self, rows: IntArray) -> Ints:
        """Rows by index; index -1 gives missing."""
        values, mask = _gather(self.values, self.mask, rows)
        return Ints(values, mask)


@dataclass(frozen=True, slots=True)
class Bools:
    """bool values and a mask of missing ones; a missing one's value is False."""

    values: BoolArray
    mask: BoolArray | None = None

    @property
    def size(self) -> int:
        return len(self.values)

    def missing(self) -> BoolArray:
        return np.zeros(self.size, np.bool_) if self.mask is None else self.mask

    def take(self, rows: IntArray) -> Bools:
        """Rows by index; index -1 gives missing."""
        values, mask = _gather(self.values, self.mask, rows)
        return Bools(values, mask)


@dataclass(frozen=True, slots=True)
class Floats:
    """float64 values; NaN is missing."""

    values: FloatArray

    @property
    def size(self) -> int:
        return len(self.values)

    def missing(self) -> BoolArray:
        return np.isnan(self.values)

    def take(self, rows: IntArray) -> Floats:
        """Rows by index; index -1 gives missing."""
        if self.size == 0:
            return Floats(np.full(len(rows), np.nan))
        values = self.values[rows]
        values[rows < 0] = np.nan
        return Floats(values)


@dataclass(frozen=True, slots=True)
class Texts:
    """UTF-8 texts as places in one byte buffer; length 0 is missing."""

    starts: IntArray
    lengths: IntArray
    data: ByteArray

    @property
    def size(self) -> int:
        return len(self.starts)

    def missing(self) -> BoolArray:
        return np.equal(self.lengths, 0)

    def take(self, rows: IntArray) -> Texts:
        """Rows by index; index -1 gives missing."""
        if self.size == 0:
            return Texts(np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64), self.data)
        lengths = self.lengths[rows]
        lengths[rows < 0] = 0
        return Texts(self.starts[rows], lengths, self.data)


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists as ``offsets`` (size + 1, from 0 to the child's size) into a column of elements."""

    offsets: IntArray
    child: Scalars

    @property
    def size(self) -> int:
        return len(self.offsets) - 1

    def lengths(self) -> IntArray:
        return np.diff(self.offsets)

    def missing(self) -> BoolArray:
        return np.equal(self.lengths(), 0)

    def take(self, rows: IntArray) -> Lists:
        """Rows by index; index -1 gives the empty list."""
        if self.size == 0:
            return Lists(np.zeros(len(rows) + 1, np.int64), self.child)
        lengths = self.lengths()[rows]
        lengths[rows < 0] = 0
        return slices(self.offsets[:-1][rows], lengths, self.child)


Scalars = Ints | Bools | Floats | Texts
Column = Scalars | Lists


def slices(starts: IntArray, lengths: IntArray, child: Scalars) -> Lists:
    """Lists of consecutive elements of ``child``."""
    offsets = offsets_of(lengths)
    elements = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
    return Lists(offsets, child.take(elements))


def offsets_of(lengths: IntArray) -> IntArray:
    """Offsets (n + 1) of lists of these lengths (n)."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _gather(values: npt.NDArray[Any], mask: BoolArray | None, rows: IntArray) -> tuple[npt.NDArray[Any], BoolArray | None]:
    outside = rows < 0
    if len(values) == 0:
        return np.zeros(len(rows), values.dtype), np.ones(len(rows), np.bool_)
    taken = values[rows]
    if mask is None and not outside.any():
        return taken, None
    hidden = outside if mask is None else outside | mask[rows]
    taken[hidden] = 0
    return taken, hidden


@dataclass(frozen=True, slots=True)
class Call:
    """What a kernel gets.

    :param args: one column per argument; each has ``size`` rows, or one row for all.
    :param constants: the value of each constant argument, None of the others.
    :param state: what the operation's ``prepare`` made of the constants.
    :param size: rows of the result.
    """

    args: tuple[Any, ...]
    constants: tuple[Value, ...]
    state: Any
    size: int


def common_size(columns: Sequence[Column]) -> int:
    """The number of rows of several columns, those of one row being constants."""
    return next((column.size for column in columns if column.size != 1), 1)


def broadcast(column: Column, size: int) -> Column:
    """The column with ``size`` rows, where it has one row or has them already."""
    return column if column.size == size else column.take(np.zeros(size, np.int64))


def _texts(values: Sequence[Any]) -> Texts:
    encoded = [(value or "").encode() for value in values]
    lengths = np.array([len(text) for text in encoded], np.int64)
    return Texts(offsets_of(lengths)[:-1], lengths, np.frombuffer(b"".join(encoded), np.uint8))


def _floats(values: Sequence[Any]) -> Floats:
    return Floats(np.array([np.nan if value is None else value for value in values], np.float64))


def _masked(dtype: type[np.generic]) -> Callable[[Sequence[Any]], tuple[npt.NDArray[Any], BoolArray | None]]:
    def split(values: Sequence[Any]) -> tuple[npt.NDArray[Any], BoolArray | None]:
        mask = np.array([value is None for value in values], np.bool_)
        return np.array([value or 0 for value in values], dtype), mask if mask.any() else None

    return split


_FROM_VALUES: dict[str, Callable[[Sequence[Any]], Scalars]] = {
    "utf8": _texts,
    "float64": _floats,
    "int64": lambda values: Ints(*_masked(np.int64)(values)),
    "bool": lambda values: Bools(*_masked(np.bool_)(values)),
}


def constant_column(value: Value, kind: Type) -> Column:
    """A column of one row."""
    if kind.is_list:
        elements = value if isinstance(value, tuple) else ()
        return Lists(np.array([0, len(elements)], np.int64), _FROM_VALUES[kind.name](elements))
    return _FROM_VALUES[kind.name]((value,))
