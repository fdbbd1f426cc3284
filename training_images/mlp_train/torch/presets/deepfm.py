"""DeepFM: a factorisation machine and an MLP over the same embeddings."""

from __future__ import annotations

from torch import Tensor

from mlp_core.specs.presets import DeepFmParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import FirstOrder, Mlp, factorization_machine, flat
from mlp_train.torch.presets.forms import WeightedModel


class DeepFm(WeightedModel):
    """Guo et al., "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction" (IJCAI 2017).

    Dense columns enter the first-order term and the MLP.
    """

    Params = DeepFmParams
    params: DeepFmParams

    def build(self) -> None:
        """The first-order term and the MLP."""
        self.first_order = FirstOrder(len(self.shape.dense), bias=False)
        self.mlp = Mlp(self.inputs, self.params.hidden, dropout=self.params.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        logits: Tensor = self.first_order(inputs) + self.mlp(flat(inputs, skip=1)).squeeze(1)
        return logits + factorization_machine(inputs["pooled"][:, :, 1:]) if self.shape.pooled else logits
