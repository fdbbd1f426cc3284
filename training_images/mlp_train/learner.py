"""What the training loop needs of a framework: the network after the look-up, and how it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mlp_core.bundle import Input
from mlp_train.data.batches import Batch, Floats
from mlp_train.hooks import Hooks
from mlp_train.shape import Shape

Arrays = Mapping[str, npt.NDArray[np.generic]]
Inputs = Mapping[str, Floats]
# Among the entries of a state: how many batches the network has learned.
STEPS = "steps"


@dataclass(frozen=True)
class Step:
    """What one batch has taught. loss: before the step; gradients: of the loss by each input that holds embedding rows, shaped like it."""

    loss: float
    gradients: Inputs


class Learner(Protocol):
    """A network after the look-up on one framework, its optimizer included; embedding tables are not its own.

    shape: with the sequences that the model asks for; inputs: of the network; width: floats of an embedding row; deviation: (width,)
    of the normal distribution that new rows come from, 0 for columns that begin at zero; hooks: the engineer's own code around the loop.
    """

    shape: Shape
    inputs: tuple[Input, ...]
    width: int
    deviation: Floats
    hooks: Hooks

    def standardise(self, mean: Floats, deviation: Floats) -> None:
        """Let the network centre and scale dense columns by these, (dense columns,) each."""

    def step(self, inputs: Inputs, batch: Batch, rate: float) -> Step:
        """Learn one batch; `rate` multiplies the learning rate. Dense weights change here, embedding rows by the gradients given back."""

    def score(self, inputs: Inputs) -> Floats:
        """Probabilities without dropout: (n,), or (n, tasks) for several labels."""

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Weights and buffers by name, `<name>/<slot>` for the optimizer's state, and `steps`: copies."""

    def load(self, state: Arrays) -> list[str]:
        """Take the entries whose name and shape fit; returns their names."""

    def export(self) -> bytes:
        """The network as ONNX: `inputs` in, `score` out, any number of rows (and any length of sequences)."""
