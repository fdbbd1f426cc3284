"""Logistic regression."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import LrParams
from mlp_train.torch.base import Inputs, TorchRecModel


class Lr(TorchRecModel):
    """A weight per categorical value and per dense column, and a bias."""

    Params = LrParams
    params: LrParams

    @property
    def width(self) -> int:
        """One weight."""
        return 1

    def build(self) -> None:
        """The dense columns' weights and the bias."""
        self.bias = nn.Parameter(torch.zeros(()))
        self.linear = nn.Linear(self.shape.dense, 1, bias=False) if self.shape.dense else None

    def init_embedding(self, rows: Tensor) -> None:
        """Weights begin at zero."""
        nn.init.zeros_(rows)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        parts: list[Tensor] = []
        if self.shape.categorical:
            parts.append(inputs["pooled"].sum(dim=(1, 2)))
        if self.linear is not None:
            parts.append(self.linear(inputs["dense"]).squeeze(1))
        return torch.stack(parts).sum(dim=0) + self.bias
