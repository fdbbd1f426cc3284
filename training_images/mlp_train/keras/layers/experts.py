"""Experts, and gates that mix them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import Mlp, linear
from mlp_train.keras.losses import Tensor


class Experts(keras.layers.Layer):
    """Some MLPs over the same values: (n, inputs) → (n, count, last of hidden)."""

    def __init__(self, count: int, hidden: Sequence[int], dropout: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.experts = [Mlp(hidden, outputs=None, dropout=dropout) for _ in range(count)]

    def call(self, values: Tensor) -> Tensor:
        """(n, count, width)."""
        return ops.stack([expert(values) for expert in self.experts], axis=1)


class Gate(keras.layers.Layer):
    """Shares of experts that sum to 1, from what the gate sees: (n, inputs) and experts (n, count, width) → (n, width).

    Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts" (KDD 2018), equations 6 and 7.
    """

    def __init__(self, count: int, **options: Any) -> None:
        super().__init__(**options)
        self.linear = linear(count, bias=False)

    def call(self, values: Tensor, experts: Tensor) -> Tensor:
        """(n, width)."""
        shares = ops.softmax(self.linear(values), axis=1)
        return ops.einsum("ne,new->nw", shares, experts)
