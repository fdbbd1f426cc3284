"""A stack of dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from mlp_train.torch.layers.activations import ACTIVATIONS, Dice


class Mlp(nn.Module):
    """Linear, activation and dropout for each width in `hidden`, then a linear layer to `outputs`: (…, inputs) → (…, outputs).

    outputs: None leaves the last layer out, so that the last hidden width, or `inputs` without any, comes out. activation: `relu`, `dice`,
    `prelu`. width: how many come out.
    """

    def __init__(self, inputs: int, hidden: Sequence[int], outputs: int | None = 1, dropout: float = 0.0, activation: str = "relu") -> None:
        super().__init__()
        widths = [inputs, *hidden]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.activations = nn.ModuleList(ACTIVATIONS[activation](units) for units in hidden)
        self.dropout = nn.Dropout(dropout)
        self.last = None if outputs is None else nn.Linear(widths[-1], outputs)
        self.width = widths[-1] if outputs is None else outputs

    def forward(self, inputs: Tensor, filled: Tensor | None = None) -> Tensor:
        """(…, outputs). filled: (…), 1 or 0: the places that count in what an activation learns of its batch."""
        values = inputs
        for layer, activation in zip(self.layers, self.activations, strict=True):
            values = layer(values)
            values = self.dropout(activation(values, filled) if isinstance(activation, Dice) else activation(values))
        return values if self.last is None else self.last(values)
