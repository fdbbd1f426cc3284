"""The second-order term of a factorisation machine."""

from __future__ import annotations

from keras import ops

from mlp_train.keras.losses import Tensor


def factorization_machine(vectors: Tensor) -> Tensor:
    """Sum over all pairs of columns of their vectors' dot products: (n, columns, dim) → (n,).

    Rendle, "Factorization Machines" (ICDM 2010), equation 5: what the squared sum holds beyond the squares is every pair twice.
    """
    squared_sum = ops.square(ops.sum(vectors, axis=1))
    sum_of_squares = ops.sum(ops.square(vectors), axis=1)
    return 0.5 * ops.sum(squared_sum - sum_of_squares, axis=-1)
