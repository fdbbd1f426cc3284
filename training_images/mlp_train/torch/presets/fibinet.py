"""FiBiNET: bilinear products of columns, as they are and weighted."""

from __future__ import annotations

import torch
from torch import Tensor

from mlp_core.specs.presets import FibinetParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import Bilinear, FirstOrder, Mlp, SeNet
from mlp_train.torch.presets.forms import WeightedModel, need_columns


class Fibinet(WeightedModel):
    """Huang et al., "FiBiNET: Combining Feature Importance and Bilinear feature Interaction for Click-Through Rate Prediction" (RecSys
    2019).

    Dense columns enter the first-order term and the MLP.
    """

    Params = FibinetParams
    params: FibinetParams

    def build(self) -> None:
        """The first-order term, the weights of columns, both products, the MLP over them."""
        need_columns(self.shape, 2, "fibinet")
        columns, dim, dense = len(self.shape.pooled), self.params.embedding_dim, len(self.shape.dense)
        self.first_order = FirstOrder(dense, bias=False)
        self.senet = SeNet(columns, self.params.reduction)
        self.plain = Bilinear(columns, dim, self.params.bilinear)
        self.weighted = Bilinear(columns, dim, self.params.bilinear)
        self.mlp = Mlp(columns * (columns - 1) * dim + dense, self.params.hidden, dropout=self.params.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        vectors = inputs["pooled"][:, :, 1:]
        parts = [self.plain(vectors).flatten(start_dim=1), self.weighted(self.senet(vectors)).flatten(start_dim=1)]
        if self.shape.dense:
            parts.append(inputs["dense"])
        logits: Tensor = self.first_order(inputs) + self.mlp(torch.cat(parts, dim=1)).squeeze(1)
        return logits
