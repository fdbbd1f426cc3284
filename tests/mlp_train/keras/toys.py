"""A small world of users, items and histories, with labels that no weight per value can tell, and what trains on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp_core.specs.presets import presets
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch, Floats, Ids, Lists
from mlp_train.keras import KerasLearner, KerasRecModel
from mlp_train.keras.presets import MODELS
from mlp_train.shape import Column, Shape
from mlp_train.tables import Adagrad, make_tables
from mlp_train.training.fitting import network_inputs

USERS, ITEMS, LENGTH = 64, 24, 4
SIZES = {"user": USERS, "item": ITEMS, "kind": 5}
COLUMNS = (
    Column("user_id", "id", "user", ("user",)),
    Column("item_id", "id", "item", ("item",)),
    Column("kind", "id", "kind", ("item",)),
    Column("history", "list", "item", ("user",)),
    Column("age", "dense", None, ("user",)),
)
SINGLE, TASKS = ("label",), ("click", "buy")
CONTEXT = TrainContext(threads=2)
SMALL = {
    "embedding_dim": 6,
    "hidden": (16,),
    "learning_rate": 0.05,
    "attention_layers": 2,
    "attention_dim": 4,
    "attention_hidden": (32, 16),
    "cin": (8, 8),
    "expert_hidden": (64,),
    "tower_hidden": (32,),
}


def shape(labels: tuple[str, ...] = SINGLE) -> Shape:
    """The world's columns."""
    return Shape(COLUMNS, labels)


def rows(count: int, seed: int, labels: tuple[str, ...] = SINGLE) -> Batch:
    """Rows whose first label says whether user and item are of the same parity, and the second whether their kinds are as well."""
    rng = np.random.default_rng(seed)
    users, items, kinds = rng.integers(0, USERS, count), rng.integers(0, ITEMS, count), rng.integers(0, 5, count)
    clicks = users % 2 == items % 2
    told = np.stack([clicks, clicks & (users % 4 // 2 == items % 4 // 2)], axis=1)[:, : len(labels)]
    lengths = rng.integers(0, LENGTH + 1, count)
    history = Lists(rng.integers(0, ITEMS, int(lengths.sum())), np.concatenate([[0], lengths.cumsum()]))
    age = rng.normal(40, 10, (count, 1)).astype(np.float32)
    return Batch(np.stack([users, items, kinds], axis=1), (history,), age, np.ascontiguousarray(told, dtype=np.float32))


def with_histories(batch: Batch, seed: int, least: int, longest: int) -> Batch:
    """The same rows with other histories, `least` to `longest` items each."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(least, longest + 1, batch.rows)
    history = Lists(rng.integers(0, ITEMS, int(lengths.sum())), np.concatenate([[0], lengths.cumsum()]))
    return Batch(batch.ids, (history,), batch.dense, batch.labels)


def labelled(batch: Batch, says: Callable[[Ids, int], bool]) -> Batch:
    """The same rows, labelled by what `says` makes of a row's history and target."""
    history = batch.lists[0]
    spans = zip(history.offsets, history.offsets[1:], strict=False)
    labels = [says(history.ids[begin:end], int(target)) for (begin, end), target in zip(spans, batch.ids[:, 1], strict=True)]
    return Batch(batch.ids, batch.lists, batch.dense, np.array(labels, dtype=np.float32)[:, None])


def part(batch: Batch, begin: int, end: int) -> Batch:
    """Rows begin to end."""
    offsets = batch.lists[0].offsets[begin : end + 1]
    lists = Lists(batch.lists[0].ids[offsets[0] : offsets[-1]], offsets - offsets[0])
    weights = None if batch.weights is None else batch.weights[begin:end]
    return Batch(batch.ids[begin:end], (lists,), batch.dense[begin:end], batch.labels[begin:end], weights)


@dataclass
class Trainer:
    """A learner and its tables, as the training loop joins them."""

    model: KerasRecModel
    learning_rate: float = 0.05
    seed: int = 1
    learner: KerasLearner = field(init=False)

    def __post_init__(self) -> None:
        self.learner = KerasLearner(self.model, CONTEXT, self.seed)
        self.start = self.learner.state()
        self.restart()

    def restart(self) -> None:
        """Back to the first weights."""
        self.learner.load(self.start)
        optimizer = Adagrad(self.learning_rate)
        self.tables = make_tables(self.learner.shape, SIZES, self.learner.width, 20 * self.learner.deviation, optimizer, self.seed)

    def inputs(self, batch: Batch) -> dict[str, Floats]:
        """The network's inputs, looked up as for scoring."""
        return network_inputs(self.tables.look_up(batch, learn=False).inputs, batch)

    def step(self, batch: Batch, rate: float = 1.0) -> float:
        """Learn a batch; returns its loss before."""
        embedded = self.tables.look_up(batch)
        step = self.learner.step(network_inputs(embedded.inputs, batch), batch, rate)
        self.tables.update(embedded, step.gradients, rate)
        return step.loss

    def fit(self, batch: Batch, epochs: int, size: int = 250) -> None:
        """Learn the rows in order, some at a time."""
        for _ in range(epochs):
            for begin in range(0, batch.rows, size):
                self.step(part(batch, begin, min(begin + size, batch.rows)))

    def score(self, batch: Batch) -> Floats:
        """Probabilities."""
        return self.learner.score(self.inputs(batch))


def preset(name: str, **params: Any) -> KerasRecModel:
    """A preset's model for the world's columns, small."""
    kind = presets[name].params
    labels = TASKS if presets[name].max_tasks > 1 else SINGLE
    given = SMALL | params
    known = kind.__struct_fields__
    return MODELS[name].for_shape(shape(labels), kind(**{key: value for key, value in given.items() if key in known}))
