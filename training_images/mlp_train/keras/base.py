"""The class that an engineer extends: the model and the loss; the library does the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import keras
import numpy as np

from mlp_core.specs.presets import CommonParams
from mlp_train.data.batches import Floats
from mlp_train.errors import TrainError
from mlp_train.hooks import Hooks
from mlp_train.keras.losses import HeadLoss, Rows, Tensor, log_loss
from mlp_train.keras.optimizers import make_optimizer
from mlp_train.shape import Shape

Inputs = dict[str, Tensor]
Outputs = Any


class KerasRecModel(Hooks, ABC):
    """A model of clicks, or of any labels of 0 and 1, over embedded features.

    Write `width` and `user_model`; everything else has a default, and so have the hooks around data, training and saving
    (`mlp_train.hooks.Hooks`). Look-up, data, distribution, measures, checkpoints and export are the library's.

    Params: the class of its hyper-parameters, CommonParams or one that extends it. shape: the columns and labels that it is made for.
    """

    Params: ClassVar[type[CommonParams]] = CommonParams

    def __init__(self, shape: Shape, params: Any) -> None:
        self.params = params
        self.shape = shape

    @classmethod
    def for_shape(cls, shape: Shape, params: Any) -> Self:
        """The model for these columns, with the sequences that it asks for."""
        return cls(replace(shape, sequences=cls.sequences(shape, params)), params)

    @property
    @abstractmethod
    def width(self) -> int:
        """Floats per embedding row."""

    @property
    def deviation(self) -> Floats:
        """(width,): new embedding rows are normal with these deviations, 0 for what begins at zero; replaces 0.001 throughout.

        Small, because a row that is never learned (a new user's) keeps its first values and should add next to nothing.
        """
        return np.full(self.width, 0.001, dtype=np.float32)

    @classmethod
    def sequences(cls, shape: Shape, params: Any) -> tuple[str, ...]:
        """List columns that the model reads item by item; replaces none, where each list enters as the mean of its rows."""
        return ()

    @abstractmethod
    def user_model(self, inputs: Inputs) -> Outputs:
        """Logits, (n,) or (n, tasks), or a dict of (n,) by head; heads named as labels are those labels' logits.

        Called with Keras's symbolic tensors, once for each network that is made: layers are made here and joined by calls and
        `keras.ops`. A `keras.Model` subclass of one's own may be called here as well.

        inputs["pooled"]: (n, len(shape.pooled), width); inputs["dense"]: (n, len(shape.dense)) standardised; inputs["sequence.<column>"]:
        (n, length, width) and inputs["mask.<column>"]: (n, length) for each of `sequences`. Only those that have columns are there.
        """

    def user_score(self, outputs: Outputs) -> Tensor:
        """Probabilities from what `user_model` gave, (n,) or (n, tasks): what a bundle puts out; replaces the logits' sigmoid.

        Part of `dense.onnx`, so made of `keras.ops`.
        """
        return keras.ops.sigmoid(_logits(outputs, self.shape.labels))

    def user_loss(self, outputs: Outputs, rows: Rows) -> Mapping[str, HeadLoss]:
        """What training makes small: the sum over heads of weight × mean of the rows' losses (each times the row's own weight).

        Replaces one head for each label: its log loss, and its weight in `params.label_weights`. Made of `keras.ops` or of
        TensorFlow's operations.
        """
        logits = keras.ops.reshape(_logits(outputs, self.shape.labels), (-1, self.shape.tasks))
        weights: Mapping[str, float] = self.params.label_weights
        return {
            label: HeadLoss(log_loss(logits[:, task], rows.labels[:, task]), weights.get(label, 1.0))
            for task, label in enumerate(self.shape.labels)
        }

    def user_optimizer(self) -> keras.optimizers.Optimizer:
        """What changes the dense weights; replaces the optimizer that `params` names. Embedding rows are the library's to change.

        Its learning rate is a number: the schedule of `params` multiplies it.
        """
        return make_optimizer(self.params)

    def user_metrics(self, scores: Floats, labels: Floats) -> dict[str, float]:
        """Measures of one's own on the validation set, beside the library's: by name; replaces none.

        scores, labels: (rows, tasks) NumPy arrays of all rows.
        """
        return {}

    def user_state(self) -> Mapping[str, Any]:
        """Keras variables that the loss keeps from step to step, by name, for checkpoints to hold; replaces none."""
        return {}


def _logits(outputs: Outputs, labels: tuple[str, ...]) -> Tensor:
    """(n,) for one label, (n, tasks) for several."""
    if isinstance(outputs, Mapping):
        missing = [label for label in labels if label not in outputs]
        if missing:
            raise TrainError(f"user_model gives no head {missing[0]!r}; name heads as the labels, or write user_loss and user_score")
        columns = [keras.ops.reshape(outputs[label], (-1,)) for label in labels]
        return keras.ops.stack(columns, axis=1) if len(columns) > 1 else columns[0]
    wanted = (-1,) if len(labels) == 1 else (-1, len(labels))
    size: tuple[int | None, ...] = tuple(outputs.shape)
    if size[1:] not in ((), (1,)) if len(labels) == 1 else size[1:] != (len(labels),):
        raise TrainError(f"user_model gives logits of shape {size} for {len(labels)} label(s); give (n,) or (n, tasks)")
    return keras.ops.reshape(outputs, wanted)
