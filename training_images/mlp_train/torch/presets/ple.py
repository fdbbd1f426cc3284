"""Progressive layered extraction."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import PleParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import Extraction, Mlp, flat
from mlp_train.torch.presets.forms import VectorModel


class Ple(VectorModel):
    """Tang et al., "Progressive Layered Extraction (PLE): A Novel Multi-Task Learning Model for Personalized Recommendations" (RecSys
    2020).
    """

    Params = PleParams
    params: PleParams

    def build(self) -> None:
        """The levels of extraction; an MLP for each task."""
        params, tasks = self.params, self.shape.tasks
        levels, width = [], self.inputs
        for level in range(params.levels):
            shared = level + 1 < params.levels
            counts = (params.task_experts, params.shared_experts)
            levels.append(Extraction(tasks, width, *counts, params.expert_hidden, params.dropout, shared))
            width = levels[-1].width
        self.levels = nn.ModuleList(levels)
        self.towers = nn.ModuleList(Mlp(width, params.tower_hidden, dropout=params.dropout) for _ in self.shape.labels)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n, tasks), (n,) for one."""
        values = [flat(inputs)] * (self.shape.tasks + 1)
        for level in self.levels:
            values = level(values)
        logits = torch.cat([tower(value) for tower, value in zip(self.towers, values, strict=True)], dim=1)
        return logits if self.shape.tasks > 1 else logits.squeeze(1)
