"""DCN-V2: a cross network, and an MLP beside or behind it."""

from __future__ import annotations

from mlp_core.specs.presets import DcnV2Params
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import CrossNetwork, Mlp, join, linear
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import VectorModel


class DcnV2(VectorModel):
    """Wang et al., "DCN V2: Improved Deep & Cross Network and Practical Lessons for Web-scale Learning to Rank Systems" (WWW 2021)."""

    Params = DcnV2Params
    params: DcnV2Params

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        params, row = self.params, self.columns(inputs).row()
        crossed = CrossNetwork(params.cross_layers, params.cross_rank, name="cross")(row)
        deep = Mlp(params.hidden, outputs=None, dropout=params.dropout, name="deep")
        last = deep(crossed) if params.structure == "stacked" else join(crossed, deep(row))
        return linear(1, name="last")(last)[:, 0]
