"""Places in a training where an engineer's own code may stand, whatever the framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlp_train.data.batches import Batch


class Hooks:
    """Methods that the training loop calls; each does nothing until a model replaces it. They run on every worker."""

    def on_training_begin(self) -> None:
        """Before the first step: weights have their first values, a warm start's or a checkpoint's where there is one.

        With `refit` a second model learns validation rows as well: it begins, and what follows, once more.
        """

    def on_data(self, batch: Batch) -> Batch:
        """Each batch before its look-up, in training alone: returns the batch to learn (masked ids, other weights, fewer rows)."""
        return batch

    def on_epoch_end(self, epoch: int, measures: Mapping[str, Any]) -> None:
        """After epoch `epoch`, the first is 1; measures: of the validation set by name, for tasks an object by label; empty without one."""

    def on_save(self, uri: str) -> None:
        """When a checkpoint has begun to be written to `uri`, and once the bundle is published there. On the chief alone."""

    def on_training_end(self, measures: Mapping[str, Any]) -> None:
        """After the last step; measures: those of the weights that were selected."""
