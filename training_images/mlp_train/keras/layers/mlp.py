"""A stack of dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from mlp_train.keras.layers.activations import ACTIVATIONS, Dice
from mlp_train.keras.losses import Tensor


def linear(units: int, bias: bool = True, **options: Any) -> keras.layers.Dense:
    """A dense layer whose weights begin uniform within ±1/√inputs (as PyTorch's do), its bias at zero."""
    kernel = keras.initializers.VarianceScaling(scale=1 / 3, mode="fan_in", distribution="uniform")
    return keras.layers.Dense(units, use_bias=bias, kernel_initializer=kernel, **options)


class Mlp(keras.layers.Layer):
    """Linear, activation and dropout for each width in `hidden`, then a linear layer to `outputs` where it is not None.

    (…, inputs) → (…, outputs), or (…, last of hidden), the inputs themselves where `hidden` is empty. activation: `relu`, `dice`, `prelu`.
    """

    def __init__(
        self,
        hidden: Sequence[int],
        outputs: int | None = 1,
        dropout: float = 0.0,
        activation: str = "relu",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.steps: list[keras.layers.Layer] = []
        for units in hidden:
            self.steps += [linear(units), ACTIVATIONS[activation](), *([keras.layers.Dropout(dropout)] if dropout else [])]
        if outputs is not None:
            self.steps.append(linear(outputs))

    def call(self, values: Tensor, filled: Tensor | None = None) -> Tensor:
        """(…, outputs). filled: (…) 1 for a place that Dice learns from, 0 for padding; all are where it is None."""
        for step in self.steps:
            values = step(values, filled) if isinstance(step, Dice) else step(values)
        return values
