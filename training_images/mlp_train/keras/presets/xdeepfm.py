"""xDeepFM: a compressed interaction network beside an MLP."""

from __future__ import annotations

from mlp_core.specs.presets import XDeepFmParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Cin, Mlp, linear
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import WeightedModel


class XDeepFm(WeightedModel):
    """Lian et al., "xDeepFM: Combining Explicit and Implicit Feature Interactions for Recommender Systems" (KDD 2018)."""

    Params = XDeepFmParams
    params: XDeepFmParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        columns = self.columns(inputs)
        crossed = linear(1, bias=False, name="of_maps")(Cin(self.params.cin, name="cin")(columns.crossed("xdeepfm")))
        deep = Mlp(self.params.hidden, dropout=self.params.dropout, name="deep")(columns.row())
        return columns.first_order() + crossed[:, 0] + deep[:, 0]
