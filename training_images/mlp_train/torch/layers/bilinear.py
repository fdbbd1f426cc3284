"""Products of all pairs of features through a matrix."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Bilinear(nn.Module):
    """(v_i W) ⊙ v_j for all pairs i < j: (n, features, dim) → (n, pairs, dim), pairs in the order (0, 1), (0, 2), …, (1, 2), ….

    Huang et al., "FiBiNET" (RecSys 2019), section 3.3. kind: `all`: one W; `each`: one for each i; `interaction`: one for each pair. Two
    features at least.
    """

    first: Tensor
    second: Tensor

    def __init__(self, features: int, dim: int, kind: str) -> None:
        super().__init__()
        first, second = torch.triu_indices(features, features, offset=1)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)
        self.kind = kind
        count = {"all": 1, "each": features - 1, "interaction": len(first)}[kind]
        self.weight = nn.Parameter(torch.empty(count, dim, dim))
        for matrix in self.weight:
            nn.init.xavier_uniform_(matrix)

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, pairs, dim)."""
        if self.kind == "interaction":
            left = torch.einsum("npd,pde->npe", vectors[:, self.first], self.weight)
        else:
            before = vectors[:, :-1]
            left = torch.einsum("nfd,fde->nfe", before, self.weight.expand(before.shape[1], -1, -1))[:, self.first]
        return left * vectors[:, self.second]
