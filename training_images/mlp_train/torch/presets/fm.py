"""Factorisation machine."""

from __future__ import annotations

import torch
from torch import Tensor

from mlp_core.specs.presets import FmParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import FirstOrder, NumberVectors, factorization_machine
from mlp_train.torch.presets.forms import WeightedModel


class Fm(WeightedModel):
    """Rendle, "Factorization Machines" (ICDM 2010): weights, and dot products of all pairs of vectors, those of dense columns times
    their value.
    """

    Params = FmParams
    params: FmParams

    def build(self) -> None:
        """The dense columns' weights and vectors, and the bias."""
        dense = len(self.shape.dense)
        self.first_order = FirstOrder(dense)
        self.numbers = NumberVectors(dense, self.params.embedding_dim) if dense else None

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        vectors = [inputs["pooled"][:, :, 1:]] if self.shape.pooled else []
        if self.numbers is not None:
            vectors.append(self.numbers(inputs["dense"]))
        logits: Tensor = self.first_order(inputs) + factorization_machine(torch.cat(vectors, dim=1))
        return logits
