"""A factorisation machine."""

from __future__ import annotations

from mlp_core.specs.presets import FmParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import NumberVectors, factorization_machine, join
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import WeightedModel


class Fm(WeightedModel):
    """Rendle, "Factorization Machines" (ICDM 2010): a dense column's vector is multiplied by its value."""

    Params = FmParams
    params: FmParams

    def user_model(self, inputs: Inputs) -> Tensor:
        """(n,)."""
        columns = self.columns(inputs)
        numbers = None if columns.dense is None else NumberVectors(self.params.embedding_dim, name="numbers")(columns.dense)
        return columns.first_order(bias=True) + factorization_machine(join(columns.vectors, numbers))
