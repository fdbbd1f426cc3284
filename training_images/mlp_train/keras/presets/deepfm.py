"""DeepFM: a factorisation machine and an MLP over the same embeddings."""

from __future__ import annotations

from mlp_core.specs.presets import DeepFmParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Mlp, factorization_machine
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import WeightedModel


class DeepFm(WeightedModel):
    """Guo et al., "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction" (IJCAI 2017).

    Dense columns enter the first-order term and the MLP.
    """

    Params = DeepFmParams
    params: DeepFmParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        columns = self.columns(inputs)
        deep = Mlp(self.params.hidden, dropout=self.params.dropout, name="deep")(columns.row())
        logits = columns.first_order() + deep[:, 0]
        return logits if columns.vectors is None else logits + factorization_machine(columns.vectors)
