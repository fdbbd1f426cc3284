"""What models of a target and its histories share."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mlp_core.specs.presets import SequenceParams
from mlp_train.roles import attention
from mlp_train.shape import Shape, mask_input, sequence_input
from mlp_train.torch.base import Inputs
from mlp_train.torch.presets.forms import VectorModel


class HistoryModel(VectorModel):
    """A model with a target among its id columns, and sequences of ids of the same kind."""

    params: SequenceParams

    @classmethod
    def sequences(cls, shape: Shape, params: Any) -> tuple[str, ...]:
        """The histories: `params.sequences`, or the lists that share the target's table."""
        return attention(shape, params.target, params.sequences).sequences

    def target(self, inputs: Inputs) -> Tensor:
        """The target's vectors, (n, dim)."""
        name = attention(self.shape, self.params.target, self.params.sequences).target
        return inputs["pooled"][:, self.shape.pooled.index(name)]

    def histories(self, inputs: Inputs) -> list[tuple[Tensor, Tensor]]:
        """Vectors (n, length, dim) and filled places (n, length) of each sequence."""
        return [(inputs[sequence_input(name)], inputs[mask_input(name)]) for name in self.shape.sequences]
