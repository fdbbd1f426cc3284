"""Logistic regression."""

from __future__ import annotations

import numpy as np

from mlp_core.specs.presets import LrParams
from mlp_train.data.batches import Floats
from mlp_train.keras.base import Inputs, KerasRecModel
from mlp_train.keras.layers import Columns
from mlp_train.keras.losses import Tensor


class Lr(KerasRecModel):
    """A weight per categorical value and per dense column, and a bias; weights of categorical values begin at zero."""

    Params = LrParams
    params: LrParams

    @property
    def width(self) -> int:
        """One weight."""
        return 1

    @property
    def deviation(self) -> Floats:
        """(1,): zero."""
        return np.zeros(1, dtype=np.float32)

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        columns = Columns.of(inputs, weighted=True)
        return columns.first_order(bias=True)
