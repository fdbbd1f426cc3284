"""Columns weighed by what all of them say."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import linear
from mlp_train.keras.losses import Tensor


class SeNet(keras.layers.Layer):
    """Squeeze each column's vector to its mean, excite through a narrow layer, reweigh: (n, columns, dim) → the same.

    Huang et al., "FiBiNET" (RecSys 2019), section 3.2. reduction: by how much the layer between is narrower than the columns, at least 1.
    """

    def __init__(self, reduction: int = 3, **options: Any) -> None:
        super().__init__(**options)
        self.reduction = reduction

    def build(self, shape: tuple[int | None, ...]) -> None:
        """The two layers."""
        columns = int(shape[1] or 0)
        narrow = max(1, columns // self.reduction)
        self.squeeze, self.excite = linear(narrow, bias=False, activation="relu"), linear(columns, bias=False, activation="relu")
        self.squeeze.build((shape[0], columns))
        self.excite.build((shape[0], narrow))

    def call(self, vectors: Tensor) -> Tensor:
        """(n, columns, dim)."""
        weights = self.excite(self.squeeze(ops.mean(vectors, axis=2)))
        return vectors * ops.expand_dims(weights, axis=2)
