"""A history as one vector, its items weighed by the item in question."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mlp_train.torch.layers.mlp import Mlp


class TargetAttention(nn.Module):
    """Σ w(target, item) · item over a row's filled places: (n, dim), (n, length, dim), (n, length) → (n, dim); zeros for an empty history.

    Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (KDD 2018), section 4.3: `w` is an MLP over the target, the
    item, their difference and their product. normalise: let the weights of a row sum to 1 (softmax), which the article does not.
    """

    def __init__(self, dim: int, hidden: Sequence[int], activation: str = "dice", normalise: bool = False) -> None:
        super().__init__()
        self.weigh = Mlp(4 * dim, hidden, activation=activation)
        self.normalise = normalise

    def forward(self, target: Tensor, items: Tensor, filled: Tensor) -> Tensor:
        """(n, dim)."""
        wanted = target.unsqueeze(1).expand_as(items)
        weights = self.weigh(torch.cat([wanted, items, wanted - items, wanted * items], dim=2), filled).squeeze(2)
        weights = masked_softmax(weights, filled) if self.normalise else weights * filled
        return (weights.unsqueeze(1) @ items).squeeze(1)


def masked_softmax(scores: Tensor, filled: Tensor) -> Tensor:
    """Softmax over the filled places of each row, 0 elsewhere and in rows without any: (n, length), (n, length) → (n, length)."""
    lowest = torch.finfo(torch.float32).min / 2
    return scores.float().masked_fill(filled == 0, lowest).softmax(dim=1) * filled
