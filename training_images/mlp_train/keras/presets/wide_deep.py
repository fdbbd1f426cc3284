"""Wide & Deep."""

from __future__ import annotations

from mlp_core.specs.presets import WideDeepParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Mlp
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import WeightedModel


class WideDeep(WeightedModel):
    """Cheng et al., "Wide & Deep Learning for Recommender Systems" (DLRS 2016): crosses for the wide side are the feature file's."""

    Params = WideDeepParams
    params: WideDeepParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        columns = self.columns(inputs)
        deep = Mlp(self.params.hidden, dropout=self.params.dropout, name="deep")(columns.row())
        return columns.first_order() + deep[:, 0]
