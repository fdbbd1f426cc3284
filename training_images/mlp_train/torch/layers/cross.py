"""The cross network: polynomials of a row, one degree more with each layer."""

from __future__ import annotations

from torch import Tensor, nn


class CrossNetwork(nn.Module):
    """x_{l+1} = x_0 ⊙ (W x_l + b) + x_l: (n, inputs) → (n, inputs).

    Wang et al., "DCN V2: Improved Deep & Cross Network" (WWW 2021), equations 1 and 2. rank: W is U Vᵀ with so many columns each; None:
    W is full.
    """

    def __init__(self, inputs: int, layers: int, rank: int | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_matrix(inputs, rank) for _ in range(layers))

    def forward(self, inputs: Tensor) -> Tensor:
        """(n, inputs)."""
        values = inputs
        for layer in self.layers:
            values = inputs * layer(values) + values
        return values


def _matrix(inputs: int, rank: int | None) -> nn.Module:
    if rank is None:
        return nn.Linear(inputs, inputs)
    return nn.Sequential(nn.Linear(inputs, rank, bias=False), nn.Linear(rank, inputs))
