"""Dense columns as vectors, so that they can meet categorical ones."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from mlp_train.keras.losses import Tensor


class NumberVectors(keras.layers.Layer):
    """A learned vector per column, times its value: (n, columns) → (n, columns, dim). Song et al., "AutoInt" (CIKM 2019), section 4.3."""

    def __init__(self, dim: int, **options: Any) -> None:
        super().__init__(**options)
        self.dim = dim

    def build(self, shape: tuple[int | None, ...]) -> None:
        """The vectors."""
        start = keras.initializers.RandomNormal(stddev=0.01)
        self.vectors = self.add_weight(shape=(shape[1], self.dim), initializer=start, name="vectors")

    def call(self, values: Tensor) -> Tensor:
        """(n, columns, dim)."""
        return ops.expand_dims(values, axis=2) * self.vectors
