"""One model in training: batches in, steps taken, how far it is."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch, Floats
from mlp_train.data.reader import Reader
from mlp_train.errors import TrainError
from mlp_train.events import emit
from mlp_train.learner import Inputs, Learner
from mlp_train.shape import DENSE
from mlp_train.tables import ShardedTables, Tables
from mlp_train.training.inspection import save_batch
from mlp_train.training.progress import Progress
from mlp_train.training.replicas import LookUp
from mlp_train.training.schedules import rate_factor
from mlp_train.training.tensors import Array

INTERVAL_SECONDS = 2.0
NETWORK = "network/"

AfterStep = Callable[["Fit"], None]


@dataclass(frozen=True)
class Spent:
    """Seconds of learning and of waiting for input, and the rows learned in them by all processes."""

    learned: float = 0.0
    waited: float = 0.0
    samples: int = 0

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.learned - other.learned, self.waited - other.waited, self.samples - other.samples)

    @property
    def seconds(self) -> float:
        """Of both."""
        return self.learned + self.waited

    @property
    def samples_per_second(self) -> int:
        """Rows learned per second, waiting included."""
        return round(self.samples / self.seconds) if self.seconds else 0

    @property
    def waiting_share(self) -> float:
        """The share of the time spent waiting for input."""
        return round(self.waited / self.seconds, 4) if self.seconds else 0.0


@dataclass
class Pace:
    """What a training has spent so far. total: of it all; reported: of it when an interval was last reported."""

    total: Spent = Spent()
    reported: Spent = Spent()

    def add(self, learned: float = 0.0, waited: float = 0.0, samples: int = 0) -> None:
        """More of it."""
        total = self.total
        self.total = Spent(total.learned + learned, total.waited + waited, total.samples + samples)

    def interval(self, seconds: float) -> Spent | None:
        """What was spent since the last report if that took so long, which makes this the last one."""
        since = self.total - self.reported
        if since.seconds < seconds:
            return None
        self.reported = self.total
        return since


@dataclass
class Fit:
    """A learner and its embedding tables.

    look_up: in these tables, for a batch to learn from; after_step: called when a batch is learned: checkpoints, and being told to stop;
    said: a number that goes to all processes with the next batch; heard: the largest that came with the last.
    """

    spec: TrainingSpec
    params: CommonParams
    context: TrainContext
    learner: Learner
    tables: Tables | ShardedTables
    look_up: LookUp
    progress: Progress = field(default_factory=Progress)
    pace: Pace = field(default_factory=Pace)
    after_step: AfterStep = lambda fit: None
    said: int = 0
    heard: int = 0

    def state(self) -> dict[str, Array]:
        """Everything that changes in training, by name; tables as views. Of sharded tables this process's part, and the network with the
        chief's.
        """
        network = self.learner.state() if self.tables.part.number == 0 else {}
        return {NETWORK + name: value for name, value in network.items()} | dict(self.tables.state())

    def load(self, *states: Mapping[str, Array]) -> None:
        """Take a `state()`, or those of all parts."""
        first = states[0]
        self.learner.load({name.removeprefix(NETWORK): first[name] for name in first if name.startswith(NETWORK)})
        self.tables.load(*states)

    def finished(self) -> bool:
        """Whether `max_steps` is reached."""
        return self.spec.max_steps is not None and self.progress.steps >= self.spec.max_steps

    def goes_on(self, epochs: int) -> bool:
        """Whether one of so many epochs is to be learned, or one that was begun is to be ended."""
        return self.progress.epoch <= epochs and (self.progress.batches > 0 or not self.finished())

    def steps_of(self, reader: Reader, epochs: int) -> int:
        """Batches of so many epochs, `max_steps` at most."""
        return min(epochs * reader.steps, self.spec.max_steps or sys.maxsize)

    def epoch(self, reader: Reader, epochs: int) -> None:
        """Learn the rows of the current epoch that are left, once each; `epochs` in all decide on the learning rate.

        The order depends on the seed, the epoch's number and the shards alone.
        """
        total = self.steps_of(reader, epochs)
        for batch in self.batches(reader):
            self.learn(batch, total)

    def batches(self, reader: Reader) -> Iterator[Batch]:
        """The batches of the current epoch that are left, until `max_steps` is reached."""
        with closing(reader.epoch(self.progress.epoch, self.progress.batches)) as batches:
            while not self.finished():
                begun = time.monotonic()
                batch = next(batches, None)
                if batch is None:
                    return
                self.pace.add(waited=time.monotonic() - begun)
                yield self.learner.hooks.on_data(batch)

    def learn(self, batch: Batch, total: int) -> float:
        """Learn one batch of `total`, and count it; returns its loss."""
        begun = time.monotonic()
        rate = rate_factor(self.params, self.progress.steps, total)
        loss = self.step(batch, rate)
        rows = batch.rows * self.context.world_size
        self.progress = self.progress.after_batch(rows)
        self.pace.add(learned=time.monotonic() - begun, samples=rows)
        if (interval := self.pace.interval(INTERVAL_SECONDS)) is not None:
            self._report(interval, loss, total, rate)
        self.after_step(self)
        return loss

    def step(self, batch: Batch, rate: float = 1.0) -> float:
        """Learn one batch; returns its loss. TrainError when that is not a number, the batch being saved for a look at it."""
        looked_up = self.look_up(batch, self.said)
        self.heard = looked_up.heard
        step = self.learner.step(network_inputs(looked_up.inputs, batch), batch, rate)
        if not math.isfinite(step.loss):
            where = save_batch(batch, self.learner.shape, self.spec)
            raise TrainError(
                f"the loss is {step.loss} at step {self.progress.steps + 1}; lower learning_rate, or look for huge values in the dense"
                f" columns of the batch, saved as {where}"
            )
        looked_up.update(step.gradients, rate)
        return step.loss

    def score(self, batch: Batch) -> Floats:
        """Probabilities of a batch: (n,) or (n, tasks). Where tables are sharded, the other processes serve them meanwhile."""
        return self.learner.score(network_inputs(self.tables.look_up(batch, learn=False).inputs, batch))

    def _report(self, spent: Spent, loss: float, total: int, rate: float) -> None:
        if self.context.is_chief:
            emit(
                "progress",
                **self.progress.place(),
                steps=total,
                loss=loss,
                learning_rate=self.params.learning_rate * rate,
                samples_per_second=spent.samples_per_second,
                waiting_for_input=spent.waiting_share,
            )


def network_inputs(embedded: Inputs, batch: Batch) -> dict[str, Floats]:
    """What the network takes: embedding vectors, and the batch's dense columns."""
    inputs = dict(embedded)
    if batch.dense.shape[1]:
        inputs[DENSE] = np.ascontiguousarray(batch.dense)
    return inputs
