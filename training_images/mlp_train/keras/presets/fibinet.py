"""FiBiNET: bilinear products of columns, as they are and weighed."""

from __future__ import annotations

from mlp_core.specs.presets import FibinetParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Bilinear, Mlp, SeNet, flat, join
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import WeightedModel


class FiBiNet(WeightedModel):
    """Huang et al., "FiBiNET: Combining Feature Importance and Bilinear Feature Interaction for CTR Prediction" (RecSys 2019)."""

    Params = FibinetParams
    params: FibinetParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        params, columns = self.params, self.columns(inputs)
        vectors = columns.crossed("fibinet", least=2)
        weighed = SeNet(params.reduction, name="senet")(vectors)
        plain = flat(Bilinear(params.bilinear, name="bilinear")(vectors))
        excited = flat(Bilinear(params.bilinear, name="bilinear_weighed")(weighed))
        deep = Mlp(params.hidden, dropout=params.dropout, name="deep")(join(plain, excited, columns.dense))
        return columns.first_order() + deep[:, 0]
