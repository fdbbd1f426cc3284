"""Embedding tables as a bundle has them: of a fixed number of rows, or with a key for each row. One interface for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import Table

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
_CHUNK = 1 << 20


class Rows(Protocol):
    """A table that ids are looked up in. values: (rows, width) float32, in memory or mapped from a file."""

    values: Floats

    def rows_of(self, ids: Ids) -> tuple[Ids, int]:
        """Positions of the ids' rows, and how many ids have none; those are given row 0."""

    def gather(self, rows: Ids) -> Floats:
        """The rows, (n, width)."""


class FixedTable:
    """A table of a fixed number of rows: an id is the number of its row."""

    def __init__(self, values: Floats) -> None:
        self.values = values

    @classmethod
    def map(cls, folder: Path, table: Table, verify: bool) -> FixedTable:
        """Map the file in `folder` read-only: instances and versions on a host share its pages. BundleError when its size is wrong."""
        return cls(_map_values(folder, table))

    def rows_of(self, ids: Ids) -> tuple[Ids, int]:
        """Positions of the ids' rows, and how many ids were outside the table; those are given row 0."""
        # Seen as unsigned, a negative id is beyond any table: one comparison finds both kinds.
        outside = ids.view(np.uint64) >= np.uint64(self.values.shape[0])
        count = int(np.count_nonzero(outside))
        return (np.where(outside, 0, ids), count) if count else (ids, 0)

    def gather(self, rows: Ids) -> Floats:
        """The rows, (n, width)."""
        return np.take(self.values, rows, axis=0)


@dataclass(frozen=True)
class Keys:
    """The ids that a dynamic table knows. ids: (known,) int64, ascending; rows: (known,), where each one's values lie."""

    ids: Ids
    rows: Ids

    @classmethod
    def of(cls, ids: Ids, rows: Ids) -> Keys:
        """Keys in any order, and the row of each. BundleError where a key is there twice or has row 0, the unknown's."""
        order = np.argsort(ids)
        keys = cls(ids[order], rows[order])
        if not is_ascending(keys.ids) or not (keys.rows > 0).all():
            raise BundleError("a dynamic table has a key twice, or in row 0, which is that of unknown ids; export the bundle again")
        return keys


class DynamicTable:
    """A table of the ids that training has met: row 0 is for all others. keys: these ids, ascending."""

    def __init__(self, values: Floats, keys: Ids, places: Ids | None = None) -> None:
        self.values = values
        self.keys = keys
        self._places = places

    @classmethod
    def map(cls, folder: Path, table: Table, verify: bool) -> DynamicTable:
        """Map keys and values read-only. BundleError when a size is wrong or, with `verify`, the keys are not in ascending order."""
        path = folder / table.keys_file
        _check_size(path, table.keys_file, table.keys_bytes, f"the keys of {table.rows - 1} rows")
        keys: Ids = np.memmap(path, dtype="<i8", mode="r") if table.keys_bytes else np.zeros(0, dtype=np.int64)
        if verify and not is_ascending(keys):
            raise BundleError(f"{table.keys_file} does not hold ids in ascending order; export the bundle again")
        return cls(_map_values(folder, table), keys)

    def rows_of(self, ids: Ids) -> tuple[Ids, int]:
        """Positions of the ids' rows, and how many ids have none; those are given row 0."""
        if not self.keys.size:
            return np.zeros_like(ids), ids.size
        # A batch repeats its ids, and in ascending order a search reads what the last one has read: a third of the time.
        distinct, inverse = np.unique(ids, return_inverse=True)
        found = np.minimum(np.searchsorted(self.keys, distinct), self.keys.size - 1)
        known = self.keys[found] == distinct
        rows = np.where(known, found + 1 if self._places is None else self._places[found], 0)[inverse]
        return rows, int(np.count_nonzero(rows == 0))

    def gather(self, rows: Ids) -> Floats:
        """The rows, (n, width)."""
        return np.take(self.values, rows, axis=0)


MAPPERS: dict[str, Callable[[Path, Table, bool], Rows]] = {"fixed": FixedTable.map, "dynamic": DynamicTable.map}


def make_table(table: Table, values: Floats, keys: Keys | None) -> Rows:
    """A table of arrays in memory; a dynamic one may have rows that belong to no key. BundleError where they do not fit `table`."""
    if keys is None and table.kind == "fixed":
        if values.shape != (table.rows, table.width):
            raise BundleError(f"table {table.name!r} has shape {values.shape}, model.json says {(table.rows, table.width)}")
        return FixedTable(values)
    known = 0 if keys is None else keys.ids.size
    if keys is None or table.kind == "fixed" or known != table.rows - 1:
        raise BundleError(f"{table.kind} table {table.name!r} of {table.rows} rows has {known} keys; a dynamic one has one less than rows")
    if values.shape[1] != table.width or keys.rows.max(initial=0) >= values.shape[0]:
        raise BundleError(f"table {table.name!r} has shape {values.shape}, which does not hold {table.width} floats for each key")
    return DynamicTable(values, keys.ids, keys.rows)


def chunks(values: Floats, keys: Keys | None) -> Iterator[bytes]:
    """A table's file: its rows, in the order of the keys where it has some, as little-endian float32; a few megabytes at a time."""
    step = max(1, 4 * _CHUNK // max(1, values.shape[1]))
    if keys is None:
        for start in range(0, values.shape[0], step):
            yield np.ascontiguousarray(values[start : start + step], dtype="<f4").tobytes()
        return
    yield np.ascontiguousarray(values[:1], dtype="<f4").tobytes()
    for start in range(0, keys.rows.size, step):
        yield np.ascontiguousarray(values[keys.rows[start : start + step]], dtype="<f4").tobytes()


def key_chunks(keys: Keys) -> Iterator[bytes]:
    """The file of a table's keys, a few megabytes at a time."""
    for start in range(0, keys.ids.size, _CHUNK):
        yield np.ascontiguousarray(keys.ids[start : start + _CHUNK], dtype="<i8").tobytes()


def is_ascending(ids: Ids) -> bool:
    """Whether each id is larger than the one before; reads a mapped file in flat memory."""
    parts = (ids[start : start + _CHUNK + 1] for start in range(0, ids.size, _CHUNK))
    return all(bool((part[1:] > part[:-1]).all()) for part in parts)


def _map_values(folder: Path, table: Table) -> Floats:
    path = folder / table.file
    _check_size(path, table.file, table.bytes, f"{table.rows} rows of {table.width} floats")
    return np.memmap(path, dtype="<f4", mode="r", shape=(table.rows, table.width))


def _check_size(path: Path, name: str, wanted: int, what: str) -> None:
    size = path.stat().st_size
    if size != wanted:
        raise BundleError(f"{name} has {size} bytes, {what} need {wanted}; copy or export the bundle again")
