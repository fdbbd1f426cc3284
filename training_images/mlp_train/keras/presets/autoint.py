"""AutoInt: columns attend to one another."""

from __future__ import annotations

from mlp_core.specs.presets import AutoIntParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Mlp, NumberVectors, SelfAttention, flat, join, linear
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import VectorModel


class AutoInt(VectorModel):
    """Song et al., "AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks" (CIKM 2019), with an MLP beside.

    Dense columns attend as well, each as its value times a vector.
    """

    Params = AutoIntParams
    params: AutoIntParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        params, columns = self.params, self.columns(inputs)
        numbers = None if columns.dense is None else NumberVectors(params.embedding_dim, name="numbers")(columns.dense)
        attended = join(columns.vectors, numbers)
        for number in range(params.attention_layers):
            attended = SelfAttention(params.attention_dim, params.heads, params.residual, name=f"attention_{number}")(attended)
        logits = linear(1, name="of_attention")(flat(attended))
        if params.hidden:
            logits = logits + Mlp(params.hidden, dropout=params.dropout, name="deep")(columns.row())
        return logits[:, 0]
