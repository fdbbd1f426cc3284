"""The training loop: epochs over shuffled rows, measured after each, the best one kept."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError
from mlp_train.events import emit
from mlp_train.torch.base import TorchRecModel
from mlp_train.torch.batches import Batch, Rows
from mlp_train.torch.distributed import from_chief, parallel
from mlp_train.torch.measuring import quality
from mlp_train.torch.module import RecModule
from mlp_train.torch.optimizers import Optimizers

INTERVAL_SECONDS = 2.0
Measures = dict[str, Any]


@dataclass(frozen=True)
class State:
    """Weights and optimizer state at one moment, copied."""

    weights: dict[str, Any]
    optimizers: dict[str, Any]


@dataclass
class Fit:
    """One model in training: its weights, its optimizers, and how far it is."""

    module: RecModule
    optimizers: Optimizers
    context: TrainContext
    spec: TrainingSpec
    steps: int = 0
    samples: int = 0
    seconds: float = 0.0
    refitted: bool = False
    wrapped: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.wrapped = parallel(self.module, self.context)

    def state(self) -> State:
        """A copy of weights and optimizer state."""
        states = {name: optimizer.state_dict() for name, optimizer in self.optimizers.all().items()}
        return State(copy.deepcopy(self.module.state_dict()), copy.deepcopy(states))

    def restore(self, state: State) -> None:
        """Go back to a state; it may be gone back to again."""
        self.module.load_state_dict(state.weights)
        for name, optimizer in self.optimizers.all().items():
            optimizer.load_state_dict(copy.deepcopy(state.optimizers[name]))

    def finished(self) -> bool:
        """Whether `max_steps` is reached."""
        return self.spec.max_steps is not None and self.steps >= self.spec.max_steps

    def epoch(self, rows: Rows, number: int, phase: str = "train") -> None:
        """Learn every row once. The order depends on the seed and the epoch's number alone."""
        self.wrapped.train()
        started = reported = time.monotonic()
        for batch in rows.shuffled(self.spec.batch_size, self.spec.seed * 1_000_003 + number, self.context.rank, self.context.world_size):
            if self.finished():
                break
            loss = self.step(batch)
            now = time.monotonic()
            if now - reported >= INTERVAL_SECONDS and self.context.is_chief:
                reported = now
                rate = (self.samples + 1) / max(self.seconds + now - started, 1e-9)
                emit("progress", phase=phase, epoch=number, step=self.steps, loss=loss, samples_per_second=round(rate))
        self.seconds += time.monotonic() - started

    def refit(self, rows: Rows, epochs: int) -> None:
        """Learn these rows instead, for so many epochs, from the weights as they are now."""
        self.steps, self.refitted = 0, True
        for number in range(1, epochs + 1):
            self.epoch(rows, number, phase="refit")

    def step(self, batch: Batch) -> float:
        """Learn one batch; returns its loss. TrainError when that is not a number."""
        model: TorchRecModel = self.module.model
        loss = model.loss(self.wrapped(batch), batch.labels, batch.weights)
        value = float(loss.detach())
        if value != value or value in (float("inf"), float("-inf")):
            raise TrainError(
                f"the loss is {value} at step {self.steps + 1}; lower learning_rate, or look for huge values in the dense columns"
            )
        self.optimizers.zero_grad()
        torch.autograd.backward(loss)
        self.optimizers.step()
        self.steps += 1
        self.samples += batch.rows * self.context.world_size
        return value


@dataclass(frozen=True)
class Selection:
    """The epoch that was best on the validation set (the last one where there is none), counted from 1, and its measures."""

    epoch: int
    measures: Measures


def select(fit: Fit, rows: Rows, measure: Callable[[], Measures] | None, patience: int) -> Selection:
    """Train for `epochs`, measuring after each; leave the model in the state of the best epoch.

    Stops early after `patience` epochs without a better AUC (0: never). Without `measure` the last epoch is taken; without rows the
    model is only measured, as epoch 0.
    """
    if rows.count == 0:
        measures = measure() if measure is not None and fit.context.is_chief else {}
        return Selection(0, from_chief(measures, fit.context))
    best: tuple[float, Selection, State | None] | None = None
    waited, number = 0, 0
    for number in range(1, fit.spec.epochs + 1):
        fit.epoch(rows, number)
        measures = from_chief(measure() if measure is not None and fit.context.is_chief else {}, fit.context)
        if fit.context.is_chief:
            emit("epoch", epoch=number, step=fit.steps, **measures)
        if measure is None:
            continue
        value = quality(measures)
        if best is None or value > best[0] or value == float("-inf"):
            best, waited = (value, Selection(number, measures), fit.state()), 0
        else:
            waited += 1
        if fit.finished() or (patience and waited >= patience):
            break
    if best is None:
        return Selection(number, {})
    if best[2] is not None and best[1].epoch != number:
        fit.restore(best[2])
    return best[1]


def use_determinism(seed: int, threads: int) -> None:
    """Make equal input give equal bits on one process."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory before it writes it, and filling every new tensor costs a seventh of a step.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010
    torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]
