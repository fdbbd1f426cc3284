"""Logistic regression."""

from __future__ import annotations

import numpy.typing as npt
from numpy import float32
from torch import Tensor

from mlp_core.specs.presets import LrParams
from mlp_train.torch.base import Inputs, TorchRecModel
from mlp_train.torch.layers import FirstOrder, first_order_deviation


class Lr(TorchRecModel):
    """A weight per categorical value and per dense column, and a bias."""

    Params = LrParams
    params: LrParams

    @property
    def width(self) -> int:
        """One weight."""
        return 1

    @property
    def deviation(self) -> npt.NDArray[float32]:
        """Weights begin at zero."""
        return first_order_deviation(self.width)

    def build(self) -> None:
        """The dense columns' weights and the bias."""
        self.first_order = FirstOrder(len(self.shape.dense))

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        logits: Tensor = self.first_order(inputs)
        return logits
