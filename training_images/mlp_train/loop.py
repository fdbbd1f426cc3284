"""A loop of one's own: for people who want to say themselves what happens in which order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch, Floats
from mlp_train.tables import ShardedTables, Tables


class Session(Protocol):
    """What the library gives a loop: the job, its data, and a model that can learn; checkpoints and distribution happen inside `learn`.

    spec, context: of this training; tables: the embedding tables; total: batches of all epochs, which the learning rate's schedule goes by.
    """

    spec: TrainingSpec
    context: TrainContext
    tables: Tables | ShardedTables
    total: int

    def epochs(self) -> Iterator[int]:
        """The epochs that are left, counted from 1; a training that goes on from a checkpoint begins where it was."""

    def batches(self) -> Iterator[Batch]:
        """The batches of the current epoch that are left, this process's part of each, shuffled."""

    def learn(self, batch: Batch) -> float:
        """Learn a batch, embedding rows included; returns its loss. TrainError when that is not a number."""

    def score(self, batch: Batch) -> Floats:
        """Probabilities of a batch: (n,) or (n, tasks). Where tables are sharded, all processes score one at the same time."""

    def measure(self) -> Mapping[str, Any]:
        """AUC, GAUC, logloss and calibration of the validation set, empty without one; to be called by all processes together."""


class TrainingLoop(ABC):
    """Mixed into a model (`class Mine(TrainingLoop, TorchRecModel)`, or KerasRecModel), it replaces the library's loop.

    The model's own methods say how the network is built and what its loss is; `run` says what is learned when. Nothing is selected
    or learned again afterwards (`patience` and `refit` have no effect): the weights as `run` leaves them are published.
    """

    @abstractmethod
    def run(self, session: Session) -> None:
        """Learn: `for epoch in session.epochs(): for batch in session.batches(): session.learn(batch)`, or anything else."""

    def last(self, session: Session) -> Mapping[str, Any]:
        """After `run`, on every process: what the last line of the output says beside the measures. Nothing."""
        return {}

    def predict(self, session: Session, batch: Batch) -> Floats:
        """Probabilities by which the validation set is measured, (n,) or (n, tasks): those of the network.

        A bundle holds the network alone, so what is done here beside it is not served. The chief alone calls this; where tables are
        sharded, it scores each batch once.
        """
        return session.score(batch)
