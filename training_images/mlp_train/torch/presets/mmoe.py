"""Multi-gate mixture of experts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlp_core.specs.presets import MmoeParams
from mlp_train.torch.base import Inputs
from mlp_train.torch.layers import Experts, Gate, Mlp, flat
from mlp_train.torch.presets.forms import VectorModel


class Mmoe(VectorModel):
    """Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts" (KDD 2018)."""

    Params = MmoeParams
    params: MmoeParams

    def build(self) -> None:
        """The experts; a gate and an MLP for each task."""
        params = self.params
        self.experts = Experts(params.experts, self.inputs, params.expert_hidden, params.dropout)
        self.gates = nn.ModuleList(Gate(self.inputs, params.experts) for _ in self.shape.labels)
        self.towers = nn.ModuleList(Mlp(self.experts.width, params.tower_hidden, dropout=params.dropout) for _ in self.shape.labels)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n, tasks), (n,) for one."""
        row = flat(inputs)
        experts = self.experts(row)
        logits = torch.cat([tower(gate(row, experts)) for gate, tower in zip(self.gates, self.towers, strict=True)], dim=1)
        return logits if self.shape.tasks > 1 else logits.squeeze(1)
