"""What presets of histories share: which columns are the item in question and its histories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlp_core.specs.presets import SequenceParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.losses import Tensor
from mlp_train.keras.presets.forms import VectorModel
from mlp_train.roles import attention
from mlp_train.shape import POOLED, Shape, mask_input, sequence_input


class HistoryModel(VectorModel):
    """A model that reads list columns item by item, beside an id column of the same kind."""

    params: SequenceParams

    @classmethod
    def sequences(cls, shape: Shape, params: Any) -> tuple[str, ...]:
        """The histories: as `params` names them, or the lists that share the target's table; TrainError where there are none."""
        return attention(shape, params.target, params.sequences).sequences

    def target(self, inputs: Inputs) -> Tensor:
        """The vector of the item in question, (n, dim)."""
        column = attention(self.shape, self.params.target, self.params.sequences).target
        return inputs[POOLED][:, self.shape.pooled.index(column)]

    def histories(self, inputs: Inputs) -> Iterator[tuple[Tensor, Tensor]]:
        """Each history's items (n, length, dim) and their mask (n, length)."""
        for column in self.shape.sequences:
            yield inputs[sequence_input(column)], inputs[mask_input(column)]
