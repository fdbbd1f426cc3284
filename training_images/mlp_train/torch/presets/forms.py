"""The two forms of embedding rows that presets have, and what presets ask of the columns."""

from __future__ import annotations

import numpy.typing as npt
from numpy import float32

from mlp_core.specs.presets import EmbeddingParams
from mlp_train.errors import TrainError
from mlp_train.shape import Shape
from mlp_train.torch.base import TorchRecModel
from mlp_train.torch.layers import first_order_deviation


class VectorModel(TorchRecModel):
    """A model whose embedding rows are vectors."""

    params: EmbeddingParams

    @property
    def width(self) -> int:
        """The vector."""
        return self.params.embedding_dim

    @property
    def inputs(self) -> int:
        """Numbers in a row: all pooled vectors, and dense columns."""
        return len(self.shape.pooled) * self.params.embedding_dim + len(self.shape.dense)


class WeightedModel(VectorModel):
    """A model whose embedding rows are a first-order weight, which begins at zero, and a vector."""

    @property
    def width(self) -> int:
        """The weight and the vector."""
        return 1 + self.params.embedding_dim

    @property
    def deviation(self) -> npt.NDArray[float32]:
        """0 for the weight."""
        return first_order_deviation(self.width)


def need_columns(shape: Shape, least: int, preset: str) -> None:
    """TrainError where fewer than `least` columns have one vector per row."""
    count = len(shape.pooled)
    if count < least:
        raise TrainError(f"{preset} crosses categorical columns and needs at least {least}, there are {count}; train lr, or add columns")
