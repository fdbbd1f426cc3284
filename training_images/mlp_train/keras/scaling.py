"""A loss made large enough for float16 gradients, and made smaller where they overflow."""

from __future__ import annotations

import tensorflow as tf
from mlp_train.keras.losses import Tensor

_FIRST, _LARGEST, _PATIENCE = 2.0**15, 2.0**24, 2000


class LossScale:
    """Micikevicius et al., "Mixed Precision Training" (ICLR 2018), section 3.2, with a scale that finds itself.

    A step whose gradients are not all finite is left out and halves the scale; 2,000 good ones in a row double it.
    """

    def __init__(self) -> None:
        self.scale = tf.Variable(_FIRST, trainable=False, name="scale")
        self.good = tf.Variable(0, trainable=False, name="good_steps", dtype=tf.int64)

    @property
    def variables(self) -> dict[str, tf.Variable]:
        """What a checkpoint holds, by name."""
        return {"loss_scale.scale": self.scale, "loss_scale.good_steps": self.good}

    def update(self, finite: Tensor) -> None:
        """Learn from a step: finite: () bool, whether all gradients were."""
        enough = self.good + 1 >= _PATIENCE
        grown = tf.where(enough, tf.minimum(self.scale * 2.0, _LARGEST), self.scale)
        self.scale.assign(tf.where(finite, grown, tf.maximum(self.scale * 0.5, 1.0)))
        self.good.assign(tf.where(tf.logical_and(finite, tf.logical_not(enough)), self.good + 1, tf.zeros_like(self.good)))
