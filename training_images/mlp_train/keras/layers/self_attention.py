"""Columns that attend to one another."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import linear
from mlp_train.keras.losses import Tensor


class SelfAttention(keras.layers.Layer):
    """Each column as a mixture of all, by heads: (n, columns, inputs) → (n, columns, heads × dim).

    Song et al., "AutoInt" (CIKM 2019), section 4.4. residual: add what goes in, through a matrix.
    """

    def __init__(self, dim: int, heads: int = 2, residual: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.dim, self.heads = dim, heads
        self.project = linear(3 * heads * dim, bias=False)
        self.residual = linear(heads * dim, bias=False) if residual else None

    def call(self, columns: Tensor) -> Tensor:
        """(n, columns, heads × dim)."""
        count = columns.shape[1]
        parts = ops.reshape(self.project(columns), (-1, count, 3, self.heads, self.dim))
        query, key, value = parts[:, :, 0], parts[:, :, 1], parts[:, :, 2]
        attention = ops.softmax(ops.einsum("nihd,njhd->nhij", query, key), axis=-1)
        mixed = ops.reshape(ops.einsum("nhij,njhd->nihd", attention, value), (-1, count, self.heads * self.dim))
        return ops.relu(mixed if self.residual is None else mixed + self.residual(columns))
