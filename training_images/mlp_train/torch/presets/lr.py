"""Logistic regression."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
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
        self.linear = nn.Linear(len(self.shape.dense), 1, bias=False) if self.shape.dense else None

    @property
    def deviation(self) -> npt.NDArray[np.float32]:
        """Weights begin at zero."""
        return np.zeros(1, np.float32)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        parts: list[Tensor] = []
        if self.shape.pooled:
            parts.append(inputs["pooled"].sum(dim=(1, 2)))
        if self.linear is not None:
            parts.append(self.linear(inputs["dense"]).squeeze(1))
        return torch.stack(parts).sum(dim=0) + self.bias
