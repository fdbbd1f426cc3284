"""xDeepFM: a compressed interaction network beside an MLP."""

from __future__ import annotations

from torch import Tensor, nn

from mlp_core.specs.presets import XDeepFmParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import CompressedInteraction, FirstOrder, Mlp, flat
from mlp_train.torch.presets.forms import WeightedModel, need_columns


class XDeepFm(WeightedModel):
    """Lian et al., "xDeepFM: Combining Explicit and Implicit Feature Interactions for Recommender Systems" (KDD 2018)."""

    Params = XDeepFmParams
    params: XDeepFmParams

    def build(self) -> None:
        """The first-order term, the interaction network and the MLP."""
        need_columns(self.shape, 1, "xdeepfm")
        self.first_order = FirstOrder(len(self.shape.dense), bias=False)
        self.cin = CompressedInteraction(len(self.shape.pooled), self.params.cin)
        self.of_maps = nn.Linear(self.cin.width, 1, bias=False)
        self.mlp = Mlp(self.inputs, self.params.hidden, dropout=self.params.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        crossed = self.of_maps(self.cin(inputs["pooled"][:, :, 1:]))
        logits: Tensor = self.first_order(inputs) + (crossed + self.mlp(flat(inputs, skip=1))).squeeze(1)
        return logits
