"""Checkpoints by the clock, and being told to stop: what happens between two steps."""

from __future__ import annotations

import time

from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.events import emit
from mlp_train.signals import asked_to_stop, stop_now
from mlp_train.training.checkpoints import Checkpoints
from mlp_train.training.fitting import Fit


class Keeper:
    """Saves the training every `checkpoint_seconds`, and when SIGTERM has asked it to stop; without checkpoints it does nothing."""

    def __init__(self, spec: TrainingSpec, context: TrainContext, checkpoints: Checkpoints | None) -> None:
        self._interval, self._context, self._checkpoints = spec.checkpoint_seconds, context, checkpoints
        self._saved = time.monotonic()

    def __call__(self, fit: Fit) -> None:
        """After each step."""
        if self._checkpoints is None or not self._context.is_chief:
            return
        if asked_to_stop():
            self._save(fit, wait=True)
            stop_now()
        if time.monotonic() - self._saved >= self._interval:
            self._saved = time.monotonic()
            self._save(fit, wait=False)

    def _save(self, fit: Fit, wait: bool) -> None:
        if self._checkpoints is not None:
            uri = self._checkpoints.save(fit.progress, fit.state(), wait=wait)
            emit("checkpoint", uri=uri, **fit.progress.place())
            fit.learner.hooks.on_save(uri)
