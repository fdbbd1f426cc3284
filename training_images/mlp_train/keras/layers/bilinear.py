"""Products of two columns' vectors, with a matrix between them."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal

import keras
from keras import ops

from mlp_train.keras.losses import Tensor

Matrices = Literal["all", "each", "interaction"]


class Bilinear(keras.layers.Layer):
    """(vᵢ W) ⊙ vⱼ for each pair i < j: (n, columns, dim) → (n, pairs, dim).

    Huang et al., "FiBiNET" (RecSys 2019), section 3.3. matrices: one W for `all` pairs, for `each` first column, or for each `interaction`.
    """

    def __init__(self, matrices: Matrices = "interaction", **options: Any) -> None:
        super().__init__(**options)
        self.matrices = matrices

    def build(self, shape: tuple[int | None, ...]) -> None:
        """The matrices, (count, dim, dim)."""
        columns, dim = int(shape[1] or 0), int(shape[2] or 0)
        self.left, self.right = (list(side) for side in zip(*combinations(range(columns), 2), strict=True))
        count = {"all": 1, "each": columns - 1, "interaction": len(self.left)}[self.matrices]
        # Glorot's, as if each matrix were a layer.
        bound = (3 / dim) ** 0.5
        start = keras.initializers.RandomUniform(-bound, bound)
        self.kernel = self.add_weight(shape=(count, dim, dim), initializer=start, name="kernel")

    def call(self, vectors: Tensor) -> Tensor:
        """(n, pairs, dim)."""
        right = ops.take(vectors, self.right, axis=1)
        if self.matrices == "interaction":
            return ops.einsum("npd,pde->npe", ops.take(vectors, self.left, axis=1), self.kernel) * right
        kernel = self.kernel[0] if self.matrices == "all" else self.kernel
        product = "ncd,de->nce" if self.matrices == "all" else "ncd,cde->nce"
        return ops.take(ops.einsum(product, vectors[:, :-1], kernel), self.left, axis=1) * right
