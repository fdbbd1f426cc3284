"""Experts, and gates that mix them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mlp_train.torch.layers.mlp import Mlp


class Experts(nn.Module):
    """`count` MLPs over the same input: (n, inputs) → (n, count, width)."""

    def __init__(self, count: int, inputs: int, hidden: Sequence[int], dropout: float = 0.0) -> None:
        super().__init__()
        self.experts = nn.ModuleList(Mlp(inputs, hidden, outputs=None, dropout=dropout) for _ in range(count))
        self.width = hidden[-1]

    def forward(self, inputs: Tensor) -> Tensor:
        """(n, count, width)."""
        return torch.stack([expert(inputs) for expert in self.experts], dim=1)


class Gate(nn.Module):
    """Shares that sum to 1, from an input, of the experts' outputs: (n, inputs), (n, experts, width) → (n, width).

    Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts" (KDD 2018), equation 6.
    """

    def __init__(self, inputs: int, experts: int) -> None:
        super().__init__()
        self.share = nn.Linear(inputs, experts, bias=False)

    def forward(self, inputs: Tensor, experts: Tensor) -> Tensor:
        """(n, width)."""
        shares: Tensor = self.share(inputs).softmax(dim=1)
        return (shares.unsqueeze(1) @ experts).squeeze(1)
