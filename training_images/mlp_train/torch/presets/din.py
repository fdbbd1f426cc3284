"""Deep Interest Network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import DinParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import Mlp, TargetAttention, flat
from mlp_train.torch.presets.histories import HistoryModel


class Din(HistoryModel):
    """Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (KDD 2018).

    As in the authors' program, the product of target and interest goes into the MLP as well.
    """

    Params = DinParams
    params: DinParams

    def build(self) -> None:
        """Attention to each sequence, and the MLP over columns and interests."""
        params, dim = self.params, self.params.embedding_dim
        self.attention = nn.ModuleList(
            TargetAttention(dim, params.attention_hidden, params.activation, params.normalise) for _ in self.shape.sequences
        )
        width = self.inputs + 2 * len(self.shape.sequences) * dim
        self.mlp = Mlp(width, params.hidden, dropout=params.dropout, activation=params.activation)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        target = self.target(inputs)
        parts = [flat(inputs)]
        for attend, (items, filled) in zip(self.attention, self.histories(inputs), strict=True):
            interest = attend(target, items, filled)
            parts += [interest, target * interest]
        logits: Tensor = self.mlp(torch.cat(parts, dim=1)).squeeze(1)
        return logits
