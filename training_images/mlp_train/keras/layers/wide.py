"""The first-order term of a model: a weight per categorical value and per dense column."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import linear
from mlp_train.keras.losses import Tensor


class Wide(keras.layers.Layer):
    """The sum of the columns' weights (n, columns), the dense columns (n, dense) times a weight each: (n,).

    Either of the two may be None; numbers: whether there are dense columns; bias: one for all rows, which a model with an MLP has there.
    """

    def __init__(self, numbers: bool, bias: bool, **options: Any) -> None:
        super().__init__(**options)
        self.bias = self.add_weight(shape=(), initializer="zeros", name="bias") if bias else None
        self.linear = linear(1, bias=False) if numbers else None

    def call(self, weights: Tensor | None, dense: Tensor | None) -> Tensor:
        """(n,)."""
        parts = [] if weights is None else [ops.sum(weights, axis=1)]
        if self.linear is not None:
            parts.append(ops.squeeze(self.linear(dense), axis=1))
        if self.bias is not None:
            parts.append(ops.cast(self.bias, self.compute_dtype))
        return sum(parts[1:], start=parts[0])
