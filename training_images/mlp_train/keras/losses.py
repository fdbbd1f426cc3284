"""What a loss is made of: rows with their labels, a head's loss and its weight, and the log loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras import ops

import tensorflow as tf
from mlp_train.shape import Shape

Tensor = Any


@dataclass(frozen=True)
class Rows:
    """What a loss knows of a batch beside the model's outputs, as tensors.

    labels: (n, tasks) of 0 and 1, float32; weights: (n,) float32, ones where the data has none; ids: (n, id columns) int64 as the data
    has them, by which a loss may tell items apart.
    """

    shape: Shape
    labels: Tensor
    weights: Tensor
    ids: Tensor

    def label(self, name: str) -> Tensor:
        """The label of that name, (n,)."""
        return self.labels[:, self.shape.labels.index(name)]

    def ids_of(self, column: str) -> Tensor:
        """The ids of an id column, (n,) int64."""
        return self.ids[:, [item.name for item in self.shape.columns if item.kind == "id"].index(column)]


@dataclass(frozen=True)
class HeadLoss:
    """The loss of one head: a value for each row, (n,), and the head's weight in the sum."""

    values: Tensor
    weight: float = 1.0


def log_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """−log of the probability that the logits give to the labels, per row: (…) and (…) → (…)."""
    logits = ops.cast(logits, "float32")
    return labels * ops.softplus(-logits) + (1.0 - labels) * ops.softplus(logits)


def total(heads: Mapping[str, HeadLoss], weights: Tensor) -> Tensor:
    """The heads' losses as one number: each head's mean over rows, a row's part times its weight, summed by the heads' weights."""
    parts = [head.weight * tf.reduce_mean(tf.cast(head.values, tf.float32) * weights) for head in heads.values()]
    return tf.add_n(parts)
