"""Checkpoints by the clock, and being told to stop: what happens between two steps."""

from __future__ import annotations

import time

from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.events import emit
from mlp_train.signals import asked_to_stop, stop_now
from mlp_train.training.checkpoints import Checkpoints
from mlp_train.training.fitting import Fit

# What a process says to all with a batch, so that all do it after the same step.
_SAVE, _STOP = 1, 2


class Keeper:
    """Saves the training every `checkpoint_seconds`, and when SIGTERM has asked it to stop; without checkpoints it does nothing.

    The chief's clock counts; SIGTERM to any process stops all.
    """

    def __init__(self, spec: TrainingSpec, context: TrainContext, checkpoints: Checkpoints | None) -> None:
        self._interval, self._context, self._checkpoints = spec.checkpoint_seconds, context, checkpoints
        self._saved = time.monotonic()

    def __call__(self, fit: Fit) -> None:
        """After each step."""
        if self._checkpoints is None:
            return
        if fit.heard:
            self._saved = time.monotonic()
            uri = self._checkpoints.save(fit.progress, fit.state(), fit.tables.part.count, wait=fit.heard == _STOP)
            if self._context.is_chief:
                emit("checkpoint", uri=uri, **fit.progress.place())
                fit.learner.hooks.on_save(uri)
            if fit.heard == _STOP:
                stop_now()
        due = self._context.is_chief and time.monotonic() - self._saved >= self._interval
        fit.said = _STOP if asked_to_stop() else _SAVE if due else 0
