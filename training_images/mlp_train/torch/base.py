"""The class that an engineer extends: the model and the loss; the library does the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from mlp_core.specs.presets import CommonParams
from mlp_train.torch.optimizers import Optimizers, make_optimizers

Inputs = dict[str, Tensor]


@dataclass(frozen=True)
class Shape:
    """What a model gets: how many categorical and dense features, and how many labels (tasks)."""

    categorical: int
    dense: int
    tasks: int = 1


class TorchRecModel(nn.Module, ABC):
    """A model of clicks, or of any labels of 0 and 1, over embedded features.

    Write `width`, `build` and `forward`; the loss and the optimizers have defaults. Look-up, data, distribution, measures, checkpoints
    and export are the library's. `forward` is what goes into `dense.onnx`, so it takes tensors and gives tensors.

    Params: the class of its hyper-parameters, CommonParams or one that extends it.
    """

    Params: ClassVar[type[CommonParams]] = CommonParams

    def __init__(self, shape: Shape, params: Any) -> None:
        super().__init__()
        self.shape = shape
        self.params = params
        self.build()

    @property
    @abstractmethod
    def width(self) -> int:
        """Floats per embedding row."""

    @abstractmethod
    def build(self) -> None:
        """Make the layers, from `self.shape` and `self.params`."""

    @abstractmethod
    def forward(self, inputs: Inputs) -> Tensor:
        """Logits, (n,) or (n, tasks).

        inputs["pooled"]: (n, categorical features, width), where there are such features; inputs["dense"]: (n, dense features)
        standardised, where there are such.
        """

    def init_embedding(self, rows: Tensor) -> None:
        """Give new embedding rows (rows, width) their first values, in place: normal with deviation 0.001.

        Small, because a row that is never learned (a new user's) keeps them and should add next to nothing.
        """
        nn.init.normal_(rows, std=0.001)

    def loss(self, logits: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
        """The mean loss of a batch: log loss of each task, summed over tasks; a row's weight multiplies its part.

        logits: as `forward` gives; labels: (n, tasks); weights: (n,) or None.
        """
        each = functional.binary_cross_entropy_with_logits(logits.view_as(labels), labels, reduction="none").sum(dim=1)
        return (each if weights is None else each * weights).mean()

    def optimizers(self, embedding: nn.Parameter, dense: list[nn.Parameter]) -> Optimizers:
        """What changes the weights: `embedding` has row-sparse gradients, `dense` ordinary ones."""
        return make_optimizers(self.params, embedding, dense)


def probabilities(logits: Tensor) -> Tensor:
    """What a bundle's network puts out."""
    return torch.sigmoid(logits)
