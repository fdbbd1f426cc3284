"""Deep Interest Evolution Network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import DienParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import InterestEvolution, Mlp, flat, next_item_loss
from mlp_train.torch.presets.histories import HistoryModel

# Logits (n,), and the auxiliary loss of each row (n,).
Outputs = tuple[Tensor, Tensor]


class Dien(HistoryModel):
    """Zhou et al., "Deep Interest Evolution Network for Click-Through Rate Prediction" (AAAI 2019).

    The auxiliary loss takes another row's history for the items that did not follow. As in the authors' program, the product of
    target and interest goes into the MLP as well.
    """

    Params = DienParams
    params: DienParams

    def build(self) -> None:
        """The evolution of each sequence's interest, and the MLP over columns and interests."""
        params, dim = self.params, self.params.embedding_dim
        self.evolution = nn.ModuleList(InterestEvolution(dim) for _ in self.shape.sequences)
        self.mlp = Mlp(self.inputs + 2 * len(self.shape.sequences) * dim, params.hidden, dropout=params.dropout)

    def forward(self, inputs: Inputs) -> Outputs:
        """Logits (n,) and auxiliary losses (n,)."""
        target = self.target(inputs)
        parts, auxiliary = [flat(inputs)], torch.zeros_like(target[:, 0])
        for evolve, (items, filled) in zip(self.evolution, self.histories(inputs), strict=True):
            interest, states = evolve(target, items, filled)
            parts += [interest, target * interest]
            if self.training and self.params.auxiliary:
                auxiliary = auxiliary + next_item_loss(states, items, filled)
        logits = self.mlp(torch.cat(parts, dim=1)).squeeze(1)
        return logits, auxiliary

    def loss(self, outputs: Outputs, labels: Tensor, weights: Tensor | None) -> Tensor:
        """Log loss, and the weighted auxiliary one."""
        logits, auxiliary = outputs
        extra = auxiliary if weights is None else auxiliary * weights
        return super().loss(logits, labels, weights) + self.params.auxiliary * extra.mean()

    def probabilities(self, outputs: Outputs) -> Tensor:
        """(n,)."""
        return torch.sigmoid(outputs[0])
