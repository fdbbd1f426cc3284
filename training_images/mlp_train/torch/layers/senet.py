"""Weights for whole columns, from all columns of a row."""

from __future__ import annotations

from torch import Tensor, nn


class SeNet(nn.Module):
    """Each feature's vector times a weight that two narrow layers make of the means of all: (n, features, dim) → the same.

    Huang et al., "FiBiNET" (RecSys 2019), section 3.2. reduction: by how much the first layer is narrower than the features are many.
    """

    def __init__(self, features: int, reduction: int) -> None:
        super().__init__()
        narrow = max(1, features // reduction)
        self.squeeze = nn.Linear(features, narrow, bias=False)
        self.excite = nn.Linear(narrow, features, bias=False)

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, features, dim)."""
        weights: Tensor = self.excite(self.squeeze(vectors.mean(dim=2)).relu()).relu()
        return vectors * weights.unsqueeze(2)
