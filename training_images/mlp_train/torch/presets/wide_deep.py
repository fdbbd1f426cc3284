"""Wide & Deep."""

from __future__ import annotations

from torch import Tensor

from mlp_core.specs.presets import WideDeepParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import FirstOrder, Mlp, flat
from mlp_train.torch.presets.forms import WeightedModel


class WideDeep(WeightedModel):
    """Cheng et al., "Wide & Deep Learning for Recommender Systems" (DLRS 2016).

    Crosses for the wide part are columns that the feature file makes.
    """

    Params = WideDeepParams
    params: WideDeepParams

    def build(self) -> None:
        """The wide part's weights and the MLP."""
        self.wide = FirstOrder(len(self.shape.dense), bias=False)
        self.deep = Mlp(self.inputs, self.params.hidden, dropout=self.params.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        logits: Tensor = self.wide(inputs) + self.deep(flat(inputs, skip=1)).squeeze(1)
        return logits
