"""One level of progressive extraction: experts of each task beside those that all share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mlp_train.torch.layers.experts import Experts, Gate


class Extraction(nn.Module):
    """From each task's input and the shared one to the same, width by width: lists of tasks + 1 tensors, the shared one last.

    Tang et al., "Progressive Layered Extraction" (RecSys 2020), section 4: a task's gate mixes its own experts and the shared ones, the
    shared gate mixes all. shared: whether the shared output is wanted; after the last level it is not.
    """

    def __init__(
        self, tasks: int, inputs: int, own: int, common: int, hidden: Sequence[int], dropout: float = 0.0, shared: bool = True
    ) -> None:
        super().__init__()
        counts = [own] * tasks + [common]
        self.experts = nn.ModuleList(Experts(count, inputs, hidden, dropout) for count in counts)
        self.gates = nn.ModuleList(Gate(inputs, own + common) for _ in range(tasks))
        self.shared_gate = Gate(inputs, sum(counts)) if shared else None
        self.width = hidden[-1]

    def forward(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """(n, width) for each task and, where it is wanted, the shared one."""
        experts = [expert(values) for expert, values in zip(self.experts, inputs, strict=True)]
        mixed = [
            gate(values, torch.cat([own, experts[-1]], dim=1))
            for gate, values, own in zip(self.gates, inputs[:-1], experts[:-1], strict=True)
        ]
        if self.shared_gate is not None:
            mixed.append(self.shared_gate(inputs[-1], torch.cat(experts, dim=1)))
        return mixed
