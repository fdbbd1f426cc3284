"""Deep & Cross Network, version 2."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import DcnV2Params
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import CrossNetwork, Mlp, flat
from mlp_train.torch.presets.forms import VectorModel


class DcnV2(VectorModel):
    """Wang et al., "DCN V2: Improved Deep & Cross Network and Practical Lessons for Web-scale Learning to Rank Systems" (WWW 2021)."""

    Params = DcnV2Params
    params: DcnV2Params

    def build(self) -> None:
        """The cross network, the MLP beside or behind it, and the layer that adds up."""
        self.cross = CrossNetwork(self.inputs, self.params.cross_layers, self.params.cross_rank)
        self.deep = Mlp(self.inputs, self.params.hidden, outputs=None, dropout=self.params.dropout)
        self.stacked = self.params.structure == "stacked"
        self.last = nn.Linear(self.deep.width + (0 if self.stacked else self.inputs), 1)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        row = flat(inputs)
        crossed = self.cross(row)
        values = self.deep(crossed) if self.stacked else torch.cat([crossed, self.deep(row)], dim=1)
        logits: Tensor = self.last(values).squeeze(1)
        return logits
