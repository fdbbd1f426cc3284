"""The cross network of DCN-V2."""

from __future__ import annotations

from typing import Any

import keras

from mlp_train.keras.layers.mlp import linear
from mlp_train.keras.losses import Tensor


class CrossNetwork(keras.layers.Layer):
    """x ← x₀ ⊙ (W x + b) + x for each layer: (n, inputs) → (n, inputs).

    Wang et al., "DCN V2: Improved Deep & Cross Network" (WWW 2021), equations 1 and 2. rank: W is U Vᵀ of so many columns, full for None.
    """

    def __init__(self, layers: int, rank: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.count, self.rank = layers, rank

    def build(self, shape: tuple[int | None, ...]) -> None:
        """The layers' matrices."""
        width = int(shape[-1] or 0)
        self.down = [linear(self.rank, bias=False) for _ in range(self.count)] if self.rank else []
        self.up = [linear(width) for _ in range(self.count)]
        for layer in self.down:
            layer.build(shape)
        for layer in self.up:
            layer.build((*shape[:-1], self.rank or width))

    def call(self, first: Tensor) -> Tensor:
        """(n, inputs)."""
        values = first
        for number, layer in enumerate(self.up):
            values = first * layer(self.down[number](values) if self.rank else values) + values
        return values
