"""The compressed interaction network: products of vectors, one degree more with each layer, mixed into feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class CompressedInteraction(nn.Module):
    """x_k[h] = Σ_ij W_k[h, i, j] · (x_{k−1}[i] ⊙ x_0[j]), summed over the vector's numbers: (n, features, dim) → (n, sum of maps).

    Lian et al., "xDeepFM" (KDD 2018), equations 6 to 8. maps: feature maps of each layer.
    """

    def __init__(self, features: int, maps: Sequence[int]) -> None:
        super().__init__()
        before = [features, *maps]
        self.layers = nn.ModuleList(
            nn.Linear(inputs * features, outputs, bias=False) for inputs, outputs in zip(before, maps, strict=False)
        )
        self.width = sum(maps)

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, sum of maps)."""
        # By number of the vector first: a layer is then one matrix product.
        base = vectors.transpose(1, 2)
        values, pooled = base, []
        for layer in self.layers:
            values = layer((values.unsqueeze(3) * base.unsqueeze(2)).flatten(start_dim=2))
            pooled.append(values.sum(dim=1))
        return torch.cat(pooled, dim=1)
