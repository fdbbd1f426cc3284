"""A history as one vector, each item weighed by the item in question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import Mlp
from mlp_train.keras.losses import Tensor

# Finite in float16 as well.
_FAR = 6e4


class AttentionPooling(keras.layers.Layer):
    """Σ weight(item, target) × item: target (n, dim), items (n, length, dim), mask (n, length) of 1 and 0 → (n, dim).

    Zhou et al., "Deep Interest Network" (KDD 2018), section 4.3: a small MLP over item, target, their difference and product weighs.
    normalise: let the weights sum to 1; the article does not. An empty history gives zeros.
    """

    def __init__(
        self,
        hidden: Sequence[int],
        activation: str = "dice",
        normalise: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.mlp = Mlp(hidden, activation=activation)
        self.normalise = normalise

    def call(self, target: Tensor, items: Tensor, mask: Tensor) -> Tensor:
        """(n, dim)."""
        target = ops.broadcast_to(ops.expand_dims(target, axis=1), ops.shape(items))
        pairs = ops.concatenate([target, items, target - items, target * items], axis=2)
        weights = ops.squeeze(self.mlp(pairs, mask), axis=2)
        mask = ops.cast(mask, weights.dtype)
        weights = masked_softmax(weights, mask) if self.normalise else weights * mask
        return ops.einsum("nl,nld->nd", weights, items)


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Shares of the places with mask 1, 0 elsewhere and in rows without any: (n, length) and (n, length) → (n, length)."""
    # The sum leaves filled places as they are, bit for bit.
    return ops.softmax(scores + (mask - 1.0) * _FAR, axis=1) * mask
