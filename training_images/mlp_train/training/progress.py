"""How far a training is: what a checkpoint says beside weights, and what selects an epoch."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
import numpy as np

Measures = dict[str, Any]


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A moment of a training.

    phase: `select` learns the training set and looks for the best epoch, `refit` learns training and validation rows anew; epoch: the
    one that is learned, from 1; batches: of it that are learned; steps, samples: in this phase; shards: that the rows are dealt to;
    best_epoch, measures: of the selection so far (epoch 0 without one); waited: epochs since the best one.
    """

    phase: Literal["select", "refit"] = "select"
    epoch: int = 1
    batches: int = 0
    steps: int = 0
    samples: int = 0
    shards: int = 1
    best_epoch: int = 0
    measures: Measures = {}
    waited: int = 0

    def after_batch(self, rows: int) -> Progress:
        """One batch of so many rows later."""
        return msgspec.structs.replace(self, batches=self.batches + 1, steps=self.steps + 1, samples=self.samples + rows)

    def after_epoch(self) -> Progress:
        """At the beginning of the next epoch."""
        return msgspec.structs.replace(self, epoch=self.epoch + 1, batches=0)

    def measured(self, measures: Measures) -> Progress:
        """With the measures of this epoch, which is the best one if none before had an AUC as high."""
        value = quality(measures)
        if self.best_epoch == 0 or value > quality(self.measures) or value == -math.inf:
            return msgspec.structs.replace(self, best_epoch=self.epoch, measures=measures, waited=0)
        return msgspec.structs.replace(self, waited=self.waited + 1)

    def unmeasured(self) -> Progress:
        """With this epoch as the one that is taken: there is nothing to select by."""
        return msgspec.structs.replace(self, best_epoch=self.epoch)

    def on_workers(self, count: int) -> Progress:
        """On so many workers: where the shards cannot be dealt to them evenly, the epoch begins again with as many shards as workers."""
        return self if self.shards % count == 0 else msgspec.structs.replace(self, shards=count, batches=0)

    def place(self) -> dict[str, Any]:
        """Where it is, for an event."""
        return {"phase": self.phase, "epoch": self.epoch, "step": self.steps}

    def refitting(self) -> Progress:
        """At the beginning of the second phase."""
        return Progress(phase="refit", shards=self.shards, best_epoch=self.best_epoch, measures=self.measures)


def quality(measures: Measures) -> float:
    """The number that selects an epoch: AUC, its mean over tasks; minus infinity where it is not defined."""
    auc = measures["auc"]
    values = list(auc.values()) if isinstance(auc, dict) else [auc]
    return -math.inf if any(value is None for value in values) else float(np.mean(values))
