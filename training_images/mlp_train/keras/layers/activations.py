"""Activations that learn where to bend, for units in the last dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from mlp_train.keras.losses import Tensor


class Dice(keras.layers.Layer):
    """p x + a (1 − p) x with p the sigmoid of x standardised over the batch: (…, units) → the same; a is learned per unit.

    Zhou et al., "Deep Interest Network" (KDD 2018), equation 3. Scoring takes the moving mean and variance of the batches.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.standard = keras.layers.BatchNormalization(center=False, scale=False, epsilon=1e-5, momentum=0.9)

    def build(self, shape: tuple[int | None, ...], *_: Any) -> None:
        """The slopes where p is 0."""
        self.standard.build(shape)
        self.slope = self.add_weight(shape=(shape[-1],), initializer="zeros", name="slope")

    def call(self, values: Tensor, filled: Tensor | None = None, training: bool | None = None) -> Tensor:
        """(…, units). filled: (…), 0 for padding that mean and variance leave out."""
        share = ops.sigmoid(self.standard(values, training=training, mask=filled))
        return values * (share + self.slope * (1.0 - share))


class PRelu(keras.layers.Layer):
    """x above 0, a x below, a learned per unit: He et al., "Delving Deep into Rectifiers" (ICCV 2015).

    Keras's own has an `a` for each place of a sequence, and so a fixed length.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        """The slopes below 0."""
        self.slope = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(0.25), name="slope")

    def call(self, values: Tensor) -> Tensor:
        """(…, units)."""
        return ops.maximum(values, 0.0) + self.slope * ops.minimum(values, 0.0)


ACTIVATIONS: dict[str, Callable[[], keras.layers.Layer]] = {"relu": keras.layers.ReLU, "dice": Dice, "prelu": PRelu}
