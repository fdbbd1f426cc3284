"""PLE: shared experts and each task's own, in levels."""

from __future__ import annotations

from keras import ops

from mlp_core.specs.presets import PleParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Experts, Gate, Mlp
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import VectorModel


class Ple(VectorModel):
    """Tang et al., "Progressive Layered Extraction (PLE): A Novel Multi-Task Learning Model for Personalized Recommendations"
    (RecSys 2020).
    """

    Params = PleParams
    params: PleParams

    def user_model(self, inputs: Inputs) -> dict[str, Tensor]:
        """Logits by label, (n,) each."""
        row = self.columns(inputs).row()
        tasks, shared = [row] * self.shape.tasks, row
        for level in range(self.params.levels):
            tasks, shared = self.extract(level, tasks, shared)
        return {
            label: Mlp(self.params.tower_hidden, dropout=self.params.dropout, name=f"tower_{number}")(values)[:, 0]
            for number, (label, values) in enumerate(zip(self.shape.labels, tasks, strict=True))
        }

    def extract(self, level: int, tasks: list[Tensor], shared: Tensor) -> tuple[list[Tensor], Tensor]:
        """One level: each task's gate mixes its own and the shared experts, the shared gate (of all but the last level) mixes all."""
        params = self.params
        hidden, dropout = params.expert_hidden, params.dropout
        common = Experts(params.shared_experts, hidden, dropout, name=f"shared_experts_{level}")(shared)
        own = [
            Experts(params.task_experts, hidden, dropout, name=f"experts_{level}_of_{number}")(values)
            for number, values in enumerate(tasks)
        ]
        count = params.task_experts + params.shared_experts
        mixed = [
            Gate(count, name=f"gate_{level}_of_{number}")(values, ops.concatenate([experts, common], axis=1))
            for number, (values, experts) in enumerate(zip(tasks, own, strict=True))
        ]
        if level == params.levels - 1:
            return mixed, shared
        everyone = ops.concatenate([*own, common], axis=1)
        return mixed, Gate(len(tasks) * params.task_experts + params.shared_experts, name=f"shared_gate_{level}")(shared, everyone)
