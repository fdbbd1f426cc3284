"""Ways to put embeddings and numbers together: as a row of weights, as vectors side by side, as one long row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keras import ops

from mlp_train.errors import TrainError
from mlp_train.keras.layers.wide import Wide
from mlp_train.keras.losses import Tensor
from mlp_train.shape import DENSE, POOLED


@dataclass(frozen=True)
class Columns:
    """A network's inputs by what they are; None for what the data does not have.

    weights: (n, columns) first-order weights, the first number of each embedding row; vectors: (n, columns, dim); dense: (n, dense).
    """

    weights: Tensor | None
    vectors: Tensor | None
    dense: Tensor | None

    @classmethod
    def of(cls, inputs: Mapping[str, Tensor], weighted: bool) -> Columns:
        """The columns of `inputs`; weighted: rows begin with a first-order weight."""
        pooled, dense = inputs.get(POOLED), inputs.get(DENSE)
        if pooled is None:
            return cls(None, None, dense)
        if not weighted:
            return cls(None, pooled, dense)
        if pooled.shape[2] == 1:
            return cls(ops.squeeze(pooled, axis=2), None, dense)
        # The gradient of a split is a concatenation, three times as fast as that of slices.
        weights, vectors = ops.split(pooled, [1], axis=2)
        return cls(ops.squeeze(weights, axis=2), vectors, dense)

    def row(self) -> Tensor:
        """All vectors and the dense columns, (n, columns × dim + dense)."""
        return join(None if self.vectors is None else flat(self.vectors), self.dense)

    def first_order(self, bias: bool = False) -> Tensor:
        """What single columns add to a logit, and the bias of a model without an MLP: (n,)."""
        return Wide(self.dense is not None, bias, name="wide")(self.weights, self.dense)

    def crossed(self, preset: str, least: int = 1) -> Tensor:
        """The vectors, of which there must be some: TrainError otherwise."""
        count = 0 if self.vectors is None else int(self.vectors.shape[1])
        if count < least:
            raise TrainError(f"{preset} crosses categorical columns and needs {least} or more, there are {count}; train lr, or add columns")
        return self.vectors


def flat(vectors: Tensor) -> Tensor:
    """Vectors end to end: (n, columns, dim) → (n, columns × dim)."""
    return ops.reshape(vectors, (-1, vectors.shape[1] * vectors.shape[2]))


def join(*parts: Tensor | None) -> Tensor:
    """Rows side by side, those that are not None: (n, sum of widths)."""
    there = [part for part in parts if part is not None]
    return ops.concatenate(there, axis=1) if len(there) > 1 else there[0]
