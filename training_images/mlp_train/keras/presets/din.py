"""DIN: a history weighed by the item in question."""

from __future__ import annotations

from mlp_core.specs.presets import DinParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import AttentionPooling, Mlp, join
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.histories import HistoryModel


class Din(HistoryModel):
    """Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (KDD 2018).

    The MLP gets the product of target and interest as well, as in the program that its authors published.
    """

    Params = DinParams
    params: DinParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        params, target = self.params, self.target(inputs)
        row = self.columns(inputs).row()
        interests = [
            AttentionPooling(params.attention_hidden, params.activation, params.normalise, name=f"attention_{number}")(target, items, mask)
            for number, (items, mask) in enumerate(self.histories(inputs))
        ]
        products = [target * interest for interest in interests]
        return Mlp(params.hidden, dropout=params.dropout, activation=params.activation, name="deep")(join(row, *interests, *products))[:, 0]
