"""What a loop of an engineer's own works with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch, Floats
from mlp_train.data.reader import Reader
from mlp_train.tables import ShardedTables, Tables
from mlp_train.training.fitting import Fit
from mlp_train.training.progress import Measures


class FitSession:
    """Implements `mlp_train.loop.Session` with a Fit and the rows to learn."""

    def __init__(self, fit: Fit, rows: Reader, measure: Callable[[], Measures]) -> None:
        self.spec: TrainingSpec = fit.spec
        self.context: TrainContext = fit.context
        self.tables: Tables | ShardedTables = fit.tables
        self.total = fit.steps_of(rows, fit.spec.epochs)
        self._fit, self._rows, self._measure = fit, rows, measure

    def epochs(self) -> Iterator[int]:
        """As the protocol says."""
        fit = self._fit
        while fit.goes_on(fit.spec.epochs):
            yield fit.progress.epoch
            fit.progress = fit.progress.unmeasured().after_epoch()

    def batches(self) -> Iterator[Batch]:
        """As the protocol says."""
        return self._fit.batches(self._rows)

    def learn(self, batch: Batch) -> float:
        """As the protocol says."""
        return self._fit.learn(batch, self.total)

    def score(self, batch: Batch) -> Floats:
        """As the protocol says."""
        return self._fit.score(batch)

    def measure(self) -> Measures:
        """As the protocol says."""
        return self._measure()
