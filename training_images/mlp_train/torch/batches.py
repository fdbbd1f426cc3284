"""A data set as tensors, and batches of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mlp_core.bundle.columns import DenseColumn, IdColumn, ListColumn
from mlp_train.data import Dataset, Layout


@dataclass(frozen=True)
class Batch:
    """Some rows. ids: (n, scalar features) rows of the stacked table; list_ids: the rows of all lists, feature by feature, row
    by row, each list beginning at its place in list_starts (list features × n,); dense: (n, dense features); labels: (n, tasks);
    weights: (n,) or None.
    """

    ids: Tensor
    list_ids: Tensor
    list_starts: Tensor
    list_count: int
    dense: Tensor
    labels: Tensor
    weights: Tensor | None

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.labels.shape[0])


@dataclass(frozen=True)
class Rows:
    """All rows of a data set, ids as rows of the stacked table. lists: per feature its values and (rows + 1) offsets."""

    ids: Tensor
    lists: tuple[tuple[Tensor, Tensor], ...]
    dense: Tensor
    labels: Tensor
    weights: Tensor | None
    outside: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many rows."""
        return int(self.labels.shape[0])

    def take(self, places: Tensor) -> Batch:
        """The rows at `places`, in that order."""
        values, starts, begin = [], [], 0
        for ids, offsets in self.lists:
            first, lengths = offsets[places], offsets[places + 1] - offsets[places]
            ends = lengths.cumsum(0)
            total = int(ends[-1]) if len(ends) else 0
            within = torch.arange(total) - torch.repeat_interleave(ends - lengths, lengths)
            values.append(ids[torch.repeat_interleave(first, lengths) + within])
            starts.append(ends - lengths + begin)
            begin += total
        empty = torch.zeros(0, dtype=torch.int64)
        return Batch(
            ids=self.ids[places],
            list_ids=torch.cat(values) if values else empty,
            list_starts=torch.cat(starts) if starts else empty,
            list_count=len(self.lists),
            dense=self.dense[places],
            labels=self.labels[places],
            weights=None if self.weights is None else self.weights[places],
        )

    def in_order(self, size: int) -> Iterator[Batch]:
        """All rows in batches of `size`, in their order."""
        for start in range(0, self.count, size):
            yield self.take(torch.arange(start, min(start + size, self.count)))

    def shuffled(self, size: int, seed: int, rank: int = 0, world_size: int = 1) -> Iterator[Batch]:
        """All rows in an order that `seed` decides, batches of `size` shared by the ranks.

        Every rank takes every `world_size`-th row of the same batch; up to `world_size` − 1 rows of the last batch stay out, so
        that all ranks have equally many and the mean of their gradients is the batch's.
        """
        order = torch.randperm(self.count, generator=torch.Generator().manual_seed(seed))
        end, step = self.count - self.count % world_size, max(1, size // world_size) * world_size
        for start in range(0, end, step):
            yield self.take(order[start : min(start + step, end)][rank::world_size])


def to_tensors(data: Dataset, layout: Layout, bases: Mapping[str, int], sizes: Mapping[str, int]) -> Rows:
    """The data set's columns as tensors. Ids outside their table become its row 0 and are counted by feature."""
    outside: dict[str, int] = {}

    def locate(name: str, table: str | None, ids: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Tensor:
        table = table or name
        beyond = ids.view(np.uint64) >= np.uint64(sizes[table])
        if count := int(np.count_nonzero(beyond)):
            outside[name] = count
        return torch.from_numpy(np.where(beyond, 0, ids) + bases[table])

    scalars, lists, dense = [], [], []
    for feature in layout.features:
        column = data.columns[feature.name]
        if isinstance(column, IdColumn):
            scalars.append(locate(feature.name, feature.table, column.ids))
        elif isinstance(column, ListColumn):
            lists.append((locate(feature.name, feature.table, column.ids), torch.from_numpy(column.offsets)))
        elif isinstance(column, DenseColumn):
            dense.append(torch.from_numpy(np.array(column.values)))
    return Rows(
        ids=torch.stack(scalars, dim=1) if scalars else torch.zeros(data.rows, 0, dtype=torch.int64),
        lists=tuple(lists),
        dense=torch.stack(dense, dim=1) if dense else torch.zeros(data.rows, 0),
        labels=torch.from_numpy(data.labels),
        weights=None if data.weights is None else torch.from_numpy(data.weights),
        outside=outside,
    )


def concatenate(first: Rows, second: Rows) -> Rows:
    """The rows of both, the first's first."""
    lists = tuple(
        (torch.cat([ids, more]), torch.cat([offsets, more_offsets[1:] + offsets[-1]]))
        for (ids, offsets), (more, more_offsets) in zip(first.lists, second.lists, strict=True)
    )
    weights = None
    if first.weights is not None and second.weights is not None:
        weights = torch.cat([first.weights, second.weights])
    return Rows(
        ids=torch.cat([first.ids, second.ids]),
        lists=lists,
        dense=torch.cat([first.dense, second.dense]),
        labels=torch.cat([first.labels, second.labels]),
        weights=weights,
        outside={name: first.outside.get(name, 0) + second.outside.get(name, 0) for name in {**first.outside, **second.outside}},
    )
