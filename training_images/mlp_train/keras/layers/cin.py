"""The compressed interaction network of xDeepFM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import linear
from mlp_train.keras.losses import Tensor


class Cin(keras.layers.Layer):
    """Feature maps of ever higher order, vector by vector: (n, columns, dim) → (n, sum of `maps`).

    Lian et al., "xDeepFM" (KDD 2018), section 3.1: a map of layer k is a weighted sum of the products of layer k − 1's maps with the
    columns, number by number of the vectors; each map's sum over its numbers is put out.
    """

    def __init__(self, maps: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.compress = [linear(count, bias=False) for count in maps]

    def call(self, columns: Tensor) -> Tensor:
        """(n, sum of maps)."""
        # Numbers of the vectors come before columns, so that a layer is one product of matrices.
        first = current = ops.transpose(columns, (0, 2, 1))
        dim, found = first.shape[1], []
        for layer in self.compress:
            products = ops.expand_dims(current, axis=3) * ops.expand_dims(first, axis=2)
            current = layer(ops.reshape(products, (-1, dim, current.shape[2] * first.shape[2])))
            found.append(ops.sum(current, axis=1))
        return ops.concatenate(found, axis=1)
