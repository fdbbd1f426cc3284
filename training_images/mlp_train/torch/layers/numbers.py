"""Dense columns as vectors, so that they can meet categorical ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NumberVectors(nn.Module):
    """A column's value times a learned vector: (n, columns) → (n, columns, dim). Song et al., "AutoInt" (CIKM 2019), section 4.3."""

    def __init__(self, columns: int, dim: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.empty(columns, dim))
        nn.init.normal_(self.vectors, std=0.01)

    def forward(self, values: Tensor) -> Tensor:
        """(n, columns, dim)."""
        return values.unsqueeze(2) * self.vectors
