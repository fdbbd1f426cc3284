"""Dense columns on one scale."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """(x − mean) / deviation per column, fitted once on the training rows; part of the network, so that serving does the same."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("deviation", torch.ones(columns))

    def fit(self, values: Tensor) -> None:
        """Take mean and deviation of (rows, columns); a constant column is only centred, no rows change nothing."""
        if not values.numel():
            return
        exact = values.double()
        deviation = exact.std(dim=0, unbiased=False)
        self.mean.copy_(exact.mean(dim=0))
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def forward(self, values: Tensor) -> Tensor:
        """(n, columns)."""
        return (values - self.mean) / self.deviation
