"""DeepFM: a factorisation machine and an MLP over the same embeddings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlp_core.specs.presets import DeepFmParams
from mlp_train.torch.base import Inputs, TorchRecModel
from mlp_train.torch.layers import Mlp, factorization_machine


class DeepFm(TorchRecModel):
    """Guo et al., "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction" (IJCAI 2017).

    An embedding row holds the first-order weight, then the vector. Dense columns enter the first-order term and the MLP.
    """

    Params = DeepFmParams
    params: DeepFmParams

    @property
    def width(self) -> int:
        """One weight and a vector."""
        return 1 + self.params.embedding_dim

    def build(self) -> None:
        """The MLP, the dense columns' weights and the bias."""
        inputs = len(self.shape.pooled) * self.params.embedding_dim + len(self.shape.dense)
        self.mlp = Mlp(inputs, self.params.hidden, dropout=self.params.dropout)
        self.linear = nn.Linear(len(self.shape.dense), 1, bias=False) if self.shape.dense else None

    @property
    def deviation(self) -> npt.NDArray[np.float32]:
        """Weights begin at zero, vectors small and random."""
        return np.concatenate([np.zeros(1, np.float32), super().deviation[1:]])

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        logits: list[Tensor] = []
        deep: list[Tensor] = []
        if self.shape.pooled:
            weights, vectors = inputs["pooled"][:, :, 0], inputs["pooled"][:, :, 1:]
            logits += [weights.sum(dim=1), factorization_machine(vectors)]
            deep.append(vectors.flatten(start_dim=1))
        if self.linear is not None:
            logits.append(self.linear(inputs["dense"]).squeeze(1))
            deep.append(inputs["dense"])
        logits.append(self.mlp(torch.cat(deep, dim=1)).squeeze(1))
        return torch.stack(logits).sum(dim=0)
