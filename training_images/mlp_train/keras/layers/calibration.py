"""From a dot product to the logit of a probability."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from mlp_train.keras.losses import Tensor


class Calibration(keras.layers.Layer):
    """softplus(slope) × value + offset, both learned: (n,) → (n,).

    The slope is positive, so that the order stays; the values themselves learn nothing from here.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.slope = self.add_weight(shape=(), initializer="ones", name="slope")
        self.offset = self.add_weight(shape=(), initializer="zeros", name="offset")

    def call(self, values: Tensor) -> Tensor:
        """(n,)."""
        return ops.softplus(self.slope) * ops.stop_gradient(values) + self.offset
