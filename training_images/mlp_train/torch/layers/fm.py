"""The second-order term of a factorisation machine."""

from __future__ import annotations

from torch import Tensor


def factorization_machine(vectors: Tensor) -> Tensor:
    """Sum over all pairs of features of their vectors' dot product: (n, features, dim) → (n,).

    Rendle, "Factorization Machines" (ICDM 2010), equation 5: half of the squared sum less the sum of squares.
    """
    squared_sum = vectors.sum(dim=1).square()
    sum_of_squares = vectors.square().sum(dim=1)
    return 0.5 * (squared_sum - sum_of_squares).sum(dim=1)
