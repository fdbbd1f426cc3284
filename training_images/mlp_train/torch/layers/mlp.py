"""A stack of dense layers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Mlp(nn.Module):
    """Linear, ReLU and dropout for each width in `hidden`, then a linear layer to `outputs`: (n, inputs) → (n, outputs)."""

    def __init__(self, inputs: int, hidden: Sequence[int], outputs: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = inputs
        for units in hidden:
            layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(dropout)]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, outputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """(n, outputs)."""
        outputs: Tensor = self.layers(inputs)
        return outputs
