"""All embedding tables as one: one look-up for the features of a batch, one row-sparse gradient."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from mlp_train.torch.batches import Batch


class EmbeddingTables(nn.Module):
    """Tables of one width, stacked into one parameter with row-sparse gradients.

    tables: rows by name. Ids in a batch count from the table's `base` row on.
    """

    def __init__(self, tables: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.bases: dict[str, int] = {}
        self.sizes = dict(tables)
        total = 0
        for name, rows in tables.items():
            self.bases[name] = total
            total += rows
        self.width = width
        # A module of this very class: it is how DistributedDataParallel knows that gradients are sparse.
        self.stacked = nn.Embedding(total, width, sparse=True, _weight=torch.zeros(total, width))

    @property
    def weight(self) -> nn.Parameter:
        """All tables' rows, (rows, width)."""
        weight: nn.Parameter = self.stacked.weight  # type: ignore[assignment]
        return weight

    def slice(self, values: Tensor, table: str) -> Tensor:
        """The rows of one table in a tensor shaped like `weight`."""
        base = self.bases[table]
        return values[base : base + self.sizes[table]]

    def forward(self, batch: Batch) -> Tensor:
        """(n, features, width): one id's row per scalar feature, the mean of a list feature's rows, zeros for an empty list."""
        parts = []
        if batch.ids.shape[1]:
            parts.append(self.stacked(batch.ids))
        if batch.list_count:
            bags = functional.embedding_bag(batch.list_ids, self.weight, batch.list_starts, mode="mean", sparse=True)
            parts.append(bags.view(batch.list_count, batch.rows, self.width).transpose(0, 1))
        return torch.cat(parts, dim=1)
