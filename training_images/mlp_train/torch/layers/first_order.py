"""What single columns add to a logit, and where embedding rows hold it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlp_train.shape import DENSE, POOLED


class FirstOrder(nn.Module):
    """A weight for each categorical value, the first float of its embedding row, and one for each of `dense` columns.

    bias: one for all rows, which a model with an MLP has there.
    """

    def __init__(self, dense: int, bias: bool = True) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(())) if bias else None
        self.linear = nn.Linear(dense, 1, bias=False) if dense else None

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """The network's inputs, with or without pooled and dense ones → (n,)."""
        parts: list[Tensor] = []
        if POOLED in inputs:
            parts.append(inputs[POOLED][:, :, 0].sum(dim=1))
        if self.linear is not None:
            parts.append(self.linear(inputs[DENSE]).squeeze(1))
        if self.bias is not None:
            parts[0] = parts[0] + self.bias
        return torch.stack(parts).sum(dim=0)


def first_order_deviation(width: int) -> npt.NDArray[np.float32]:
    """Deviation of new embedding rows whose first float is a weight, which begins at 0: (width,)."""
    deviation = np.full(width, 0.001, dtype=np.float32)
    deviation[0] = 0.0
    return deviation
