"""Which column looks up which table, and where its vectors go: the part of a look-up that is the same for every batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlp_train.data.batches import Batch
from mlp_train.shape import POOLED, Shape, mask_input, sequence_input
from mlp_train.tables.kernels import segments as fields
from mlp_train.tables.storage import Floats, Words, address


@dataclass(frozen=True)
class Column:
    """A column of ids. table: number of its table; source: which id column or which list of a batch; target: the input it fills;
    position: among the vectors of a row there, None for a sequence.
    """

    name: str
    table: int
    kind: int
    source: int
    target: str
    position: int | None


@dataclass(frozen=True)
class Places:
    """The ids of a batch as kernels see them. segments: a line per column; rows: row numbers of all places; kept: what they point into."""

    segments: Words
    rows: Words
    inputs: dict[str, Floats]
    kept: Batch


def columns_of(shape: Shape, tables: Sequence[str]) -> tuple[Column, ...]:
    """The columns that have a table, those of one table next to each other, otherwise in the order of the network's inputs."""
    pooled, found = shape.pooled, []
    for kind in ("id", "list"):
        for source, column in enumerate(column for column in shape.columns if column.kind == kind):
            table = tables.index(column.table or column.name)
            if column.name in shape.sequences:
                found.append(Column(column.name, table, fields.SEQUENCE, source, sequence_input(column.name), None))
            else:
                code = fields.ID if kind == "id" else fields.MEAN
                found.append(Column(column.name, table, code, source, POOLED, pooled.index(column.name)))
    return tuple(sorted(found, key=lambda column: column.table))


def place(batch: Batch, columns: Sequence[Column], width: int) -> Places:
    """Describe a batch to the kernels and make the arrays of its inputs, not yet filled.

    Raises ValueError when the batch is not laid out as its class says.
    """
    _check(batch, columns)
    count = batch.rows
    pooled = sum(column.position is not None for column in columns)
    inputs: dict[str, Floats] = {}
    if pooled:
        inputs[POOLED] = np.empty((count, pooled, width), dtype=np.float32)
    segments = np.zeros((len(columns), fields.FIELDS), dtype=np.int64)
    ids = address(batch.ids)
    for line, column in zip(segments, columns, strict=True):
        line[fields.TABLE], line[fields.KIND] = column.table, column.kind
        if column.kind == fields.ID:
            line[fields.COUNT], line[fields.IDS], line[fields.IDS_STEP] = count, ids + 8 * column.source, batch.ids.shape[1]
            continue
        lists = batch.lists[column.source]
        line[fields.COUNT], line[fields.IDS], line[fields.IDS_STEP] = lists.ids.size, address(lists.ids), 1
        line[fields.OFFSETS] = address(lists.offsets)
        if column.kind == fields.SEQUENCE:
            longest = max(1, int(np.diff(lists.offsets).max(initial=0)))
            inputs[column.target] = np.empty((count, longest, width), dtype=np.float32)
            mask = inputs[mask_input(column.name)] = np.empty((count, longest), dtype=np.float32)
            line[fields.MASK], line[fields.LENGTH] = address(mask), longest
    counts = segments[:, fields.COUNT]
    rows = np.empty(int(counts.sum()), dtype=np.int64)
    segments[:, fields.ROWS] = address(rows) + 8 * (np.cumsum(counts) - counts)
    return Places(point(segments, columns, inputs), rows, inputs, batch)


def point(segments: Words, columns: Sequence[Column], arrays: Mapping[str, Floats]) -> Words:
    """The same segments with their vectors in `arrays`: inputs to fill, or gradients to read."""
    pointed, begins = segments.copy(), {name: address(array) for name, array in arrays.items()}
    for line, column in zip(pointed, columns, strict=True):
        _, vectors, width = arrays[column.target].shape
        line[fields.VECTORS] = begins[column.target] + 4 * width * (column.position or 0)
        line[fields.VECTORS_STEP] = vectors * width
    return pointed


def _check(batch: Batch, columns: Sequence[Column]) -> None:
    """Kernels trust addresses, so what they read is made sure of here."""
    scalars = sum(column.kind == fields.ID for column in columns)
    if scalars and not (_plain(batch.ids) and batch.ids.shape == (batch.rows, scalars)):
        raise ValueError(f"Batch.ids is {_told(batch.ids)}; it must be contiguous int64 of shape ({batch.rows}, {scalars})")
    for column in columns:
        if column.kind == fields.ID:
            continue
        if column.source >= len(batch.lists):
            raise ValueError(f"Batch.lists has {len(batch.lists)} columns and lacks {column.name!r}")
        lists = batch.lists[column.source]
        if not (_plain(lists.ids) and _plain(lists.offsets) and lists.offsets.shape == (batch.rows + 1,)):
            raise ValueError(
                f"list column {column.name!r}: ids {_told(lists.ids)}, offsets {_told(lists.offsets)}; both must be contiguous int64"
            )
        if lists.offsets[0] != 0 or lists.offsets[-1] != lists.ids.size or (np.diff(lists.offsets) < 0).any():
            raise ValueError(f"list column {column.name!r}: offsets must grow from 0 to {lists.ids.size}, the number of its ids")


def _plain(array: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> bool:
    return array.dtype == np.int64 and array.flags.c_contiguous


def _told(array: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> str:
    return f"{array.dtype} of shape {array.shape}" + ("" if array.flags.c_contiguous else ", not contiguous")
