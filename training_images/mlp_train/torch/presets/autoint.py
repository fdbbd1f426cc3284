"""AutoInt: columns that attend to one another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import AutoIntParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import Mlp, NumberVectors, SelfAttention, flat
from mlp_train.torch.presets.forms import VectorModel


class AutoInt(VectorModel):
    """Song et al., "AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks" (CIKM 2019); with an MLP beside the
    attention, where `hidden` is not empty, what the article calls AutoInt+.
    """

    Params = AutoIntParams
    params: AutoIntParams

    def build(self) -> None:
        """The dense columns' vectors, the attention, the layer that adds up, the MLP."""
        params, dense = self.params, len(self.shape.dense)
        self.numbers = NumberVectors(dense, params.embedding_dim) if dense else None
        layers, width = [], params.embedding_dim
        for _ in range(params.attention_layers):
            layers.append(SelfAttention(width, params.attention_dim, params.heads, params.residual))
            width = layers[-1].width
        self.attention = nn.Sequential(*layers)
        self.last = nn.Linear((len(self.shape.pooled) + dense) * width, 1)
        self.deep = Mlp(self.inputs, params.hidden, dropout=params.dropout) if params.hidden else None

    def forward(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        vectors = [inputs["pooled"]] if self.shape.pooled else []
        if self.numbers is not None:
            vectors.append(self.numbers(inputs["dense"]))
        logits: Tensor = self.last(self.attention(torch.cat(vectors, dim=1)).flatten(start_dim=1))
        return (logits if self.deep is None else logits + self.deep(flat(inputs))).squeeze(1)
