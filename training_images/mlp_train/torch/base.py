"""The class that an engineer extends: the model and the loss; the library does the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from mlp_core.specs.presets import CommonParams
from mlp_train.hooks import Hooks
from mlp_train.shape import Shape
from mlp_train.torch.optimizers import make_optimizers

Inputs = dict[str, Tensor]


@dataclass(frozen=True)
class Targets:
    """What a batch is learned from. labels: (n, tasks); weights: (n,) or None; ids: (n, id columns) int64, in the order of the shape's."""

    labels: Tensor
    weights: Tensor | None
    ids: Tensor


class TorchRecModel(nn.Module, Hooks, ABC):
    """A model of clicks, or of any labels of 0 and 1, over embedded features.

    Write `width`, `build` and `forward`; the loss, the optimizers and the hooks (`mlp_train.hooks.Hooks`) have defaults. Look-up, embedding
    updates, data, distribution, measures, checkpoints and export are the library's. `forward` and `probabilities` are what goes into
    `dense.onnx`, so they take tensors and give tensors.

    Params: the class of its hyper-parameters, CommonParams or one that extends it.
    """

    Params: ClassVar[type[CommonParams]] = CommonParams

    def __init__(self, shape: Shape, params: Any) -> None:
        super().__init__()
        self.shape = shape
        self.params = params
        self.build()

    @classmethod
    def for_shape(cls, shape: Shape, params: Any) -> Self:
        """The model for these columns, with the sequences that it asks for."""
        return cls(replace(shape, sequences=cls.sequences(shape, params)), params)

    @classmethod
    def sequences(cls, shape: Shape, params: Any) -> tuple[str, ...]:
        """List columns that enter the network item by item, as `inputs["sequence.<column>"]` and `inputs["mask.<column>"]`: none."""
        return ()

    @property
    @abstractmethod
    def width(self) -> int:
        """Floats per embedding row."""

    @property
    def deviation(self) -> npt.NDArray[np.float32]:
        """(width,): of the normal distribution around 0 that a new embedding row comes from: 0.001.

        Small, because a row that is never learned (a new user's) keeps its values and should add next to nothing.
        """
        return np.full(self.width, 0.001, dtype=np.float32)

    @abstractmethod
    def build(self) -> None:
        """Make the layers, from `self.shape` and `self.params`."""

    @abstractmethod
    def forward(self, inputs: Inputs) -> Any:
        """Logits, (n,) or (n, tasks); or anything else that `loss` and `probabilities` take.

        inputs["pooled"]: (n, len(shape.pooled), width), where there are such columns; inputs["dense"]: (n, len(shape.dense)) standardised,
        where there are such; for a sequence its vectors, (n, length, width), and its mask, (n, length).
        """

    def loss(self, outputs: Any, labels: Tensor, weights: Tensor | None) -> Tensor:
        """The mean loss of a batch: log loss of each task, summed over tasks by `label_weights`; a row's weight multiplies its part.

        outputs: as `forward` gives; labels: (n, tasks); weights: (n,) or None.
        """
        each = functional.binary_cross_entropy_with_logits(outputs.view_as(labels), labels, reduction="none")
        return mean_over_rows(each, self.params.label_weights, self.shape.labels, weights)

    def batch_loss(self, outputs: Any, targets: Targets) -> Tensor:
        """`loss`, for models whose loss looks at ids as well (negatives from the batch)."""
        return self.loss(outputs, targets.labels, targets.weights)

    def probabilities(self, outputs: Any) -> Tensor:
        """Scores between 0 and 1, shaped as logits are: what a bundle's network puts out."""
        return torch.sigmoid(outputs)

    def optimizers(self, parameters: list[nn.Parameter]) -> list[Optimizer]:
        """What changes the network's weights; embedding rows have an optimizer of the library's, `embedding_optimizer`."""
        return make_optimizers(self.params, parameters)


def mean_over_rows(each: Tensor, label_weights: Mapping[str, float], labels: tuple[str, ...], weights: Tensor | None) -> Tensor:
    """The loss of a batch from that of each row and task, (n, tasks): tasks added up by their weights, rows averaged by theirs."""
    if label_weights:
        each = each * each.new_tensor([label_weights.get(label, 1.0) for label in labels])
    row = each.sum(dim=1)
    return (row if weights is None else row * weights).mean()
