"""Dense columns on one scale."""

from __future__ import annotations

from typing import Any

import keras

from mlp_train.data.batches import Floats
from mlp_train.keras.losses import Tensor


class Standardise(keras.layers.Layer):
    """(x − mean) / deviation per column, (n, columns) → the same; part of the network, so that serving does as training did."""

    def __init__(self, **options: Any) -> None:
        # Always float32: means and deviations of raw columns may lie far outside of what half the bits can say.
        super().__init__(dtype="float32", **options)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Mean 0 and deviation 1, until `fit`."""
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False, name="mean")
        self.deviation = self.add_weight(shape=(shape[-1],), initializer="ones", trainable=False, name="deviation")

    def fit(self, mean: Floats, deviation: Floats) -> None:
        """Take each column's mean and deviation, (columns,) each; a column that is constant is only centred."""
        self.mean.assign(mean)
        self.deviation.assign(keras.ops.where(keras.ops.convert_to_tensor(deviation) > 1e-6, deviation, keras.ops.ones_like(deviation)))

    def call(self, values: Tensor) -> Tensor:
        """(n, columns)."""
        return (values - self.mean) / self.deviation
