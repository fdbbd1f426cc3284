"""The two forms of embedding rows that presets have."""

from __future__ import annotations

import numpy as np

from mlp_core.specs.presets import EmbeddingParams
from mlp_train.data.batches import Floats
from mlp_train.keras.base import Inputs, KerasRecModel
from mlp_train.keras.layers import Columns


class VectorModel(KerasRecModel):
    """A model whose embedding rows are vectors."""

    params: EmbeddingParams

    @property
    def width(self) -> int:
        """The vector."""
        return self.params.embedding_dim

    def columns(self, inputs: Inputs) -> Columns:
        """The inputs by what they are."""
        return Columns.of(inputs, weighted=False)


class WeightedModel(KerasRecModel):
    """A model whose embedding rows are a first-order weight, which begins at zero, and a vector."""

    params: EmbeddingParams

    @property
    def width(self) -> int:
        """The weight and the vector."""
        return 1 + self.params.embedding_dim

    @property
    def deviation(self) -> Floats:
        """0 for the weight."""
        deviation = super().deviation
        return np.concatenate([np.zeros(1, np.float32), deviation[1:]])

    def columns(self, inputs: Inputs) -> Columns:
        """The inputs by what they are."""
        return Columns.of(inputs, weighted=True)
