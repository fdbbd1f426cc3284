"""A small model of a preset with its tables, and what the training loop does, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_core.metrics import auc
from mlp_core.specs.decoding import convert
from mlp_core.specs.presets import presets
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch
from mlp_train.shape import Shape
from mlp_train.tables import ROW_OPTIMIZERS, Tables, make_tables
from mlp_train.torch.learner import TorchLearner, use_determinism
from mlp_train.torch.presets import MODELS

from .planted import Rows

SMALL = {"embedding_dim": 4, "hidden": [16], "learning_rate": 0.05, "optimizer": "adam"}
FEW: dict[str, dict[str, Any]] = {
    "lr": {"learning_rate": 0.05, "optimizer": "adam"},
    "fm": {"hidden": None},
    "xdeepfm": {"cin": [6, 6]},
    "autoint": {"attention_dim": 4, "attention_layers": 2},
    "din": {"attention_hidden": [16]},
    "mmoe": {"hidden": None, "experts": 3, "expert_hidden": [16], "tower_hidden": [8]},
    "ple": {"hidden": None, "expert_hidden": [16], "tower_hidden": [8]},
    "two_tower": {"output_dim": 8, "temperature": 0.1},
}


def few_params(name: str, **changes: Any) -> Any:
    """Hyper-parameters of a small model."""
    given = FEW["lr"] if name == "lr" else {**SMALL, **FEW.get(name, {})}
    return convert({key: value for key, value in {**given, **changes}.items() if value is not None}, presets[name].params, name)


@dataclass(frozen=True)
class Rig:
    """A learner with its tables."""

    learner: TorchLearner
    tables: Tables

    @classmethod
    def of(cls, name: str, shape: Shape, sizes: dict[str, int | None], seed: int = 1, **changes: Any) -> Rig:
        use_determinism(seed, threads=1)
        params = few_params(name, **changes)
        learner = TorchLearner(MODELS[name].for_shape(shape, params), TrainContext(), seed)
        optimizer = ROW_OPTIMIZERS[params.table_optimizer](params.learning_rate)
        return cls(learner, make_tables(learner.shape, sizes, learner.width, learner.deviation, optimizer, seed))

    def learn(self, batch: Batch) -> float:
        """One step; returns the loss before it."""
        embedded = self.tables.look_up(batch)
        step = self.learner.step(self.inputs(embedded.inputs, batch), batch, 1.0)
        self.tables.update(embedded, step.gradients, 1.0)
        return step.loss

    def fit(self, rows: Rows, epochs: int, batch_size: int = 200) -> None:
        """Some epochs over shuffled rows."""
        for epoch in range(epochs):
            order = np.random.default_rng(epoch).permutation(rows.count)
            for start in range(0, rows.count, batch_size):
                self.learn(rows.take(order[start : start + batch_size]))

    def score(self, rows: Rows) -> npt.NDArray[np.float32]:
        batch = rows.take(np.arange(rows.count))
        return self.learner.score(self.inputs(self.tables.look_up(batch, learn=False).inputs, batch))

    def auc(self, rows: Rows) -> list[float]:
        """By task."""
        scores = self.score(rows).reshape(rows.count, -1)
        return [float(auc(labels, found)) for labels, found in zip(rows.labels.T, scores.T, strict=True)]

    def inputs(self, embedded: Mapping[str, Any], batch: Batch) -> dict[str, Any]:
        """All inputs of the network."""
        return {**embedded, "dense": batch.dense} if batch.dense.shape[1] else dict(embedded)
