"""MMoE: experts that all tasks share, mixed by a gate for each."""

from __future__ import annotations

from mlp_core.specs.presets import MmoeParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Experts, Gate, Mlp
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import VectorModel


class Mmoe(VectorModel):
    """Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts" (KDD 2018)."""

    Params = MmoeParams
    params: MmoeParams

    def user_model(self, inputs: Inputs) -> dict[str, Tensor]:
        """Logits by label, (n,) each."""
        params, row = self.params, self.columns(inputs).row()
        experts = Experts(params.experts, params.expert_hidden, params.dropout, name="experts")(row)
        heads = {}
        for number, label in enumerate(self.shape.labels):
            mixed = Gate(params.experts, name=f"gate_{number}")(row, experts)
            heads[label] = Mlp(params.tower_hidden, dropout=params.dropout, name=f"tower_{number}")(mixed)[:, 0]
        return heads
