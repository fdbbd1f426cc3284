"""How often an item comes up in batches, estimated as they stream by."""

from __future__ import annotations

import keras

import tensorflow as tf
from mlp_train.keras.losses import Tensor

# Share of the latest interval in an item's mean one.
_RATE = 0.05
_FIRST, _SECOND = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64


class BatchFrequency:
    """From the steps that pass between an item's batches, the probability that a batch has it.

    Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (RecSys 2019), algorithm 2, with one hash
    function into `buckets`; an item's first interval is the number of steps so far.
    """

    def __init__(self, buckets: int = 2**18) -> None:
        self.buckets = buckets
        self.step = keras.Variable(0, dtype="int64", trainable=False, name="step")
        self.last = keras.Variable(tf.zeros(buckets, tf.int64), dtype="int64", trainable=False, name="last")
        self.interval = keras.Variable(tf.zeros(buckets), dtype="float32", trainable=False, name="interval")

    @property
    def variables(self) -> dict[str, keras.Variable]:
        """What a checkpoint holds, by name."""
        return {"frequency.step": self.step, "frequency.last": self.last, "frequency.interval": self.interval}

    def observe(self, items: Tensor) -> Tensor:
        """Take the next batch's items into account, (n,) int64; returns their probabilities, (n,) float32 in (0, 1]."""
        step, last, interval = self.step.value, self.last.value, self.interval.value
        now = step.assign_add(1)
        buckets = tf.math.floormod(items, self.buckets)
        before = tf.gather(last, buckets)
        passed = tf.cast(now - before, tf.float32)
        mean = tf.gather(interval, buckets)
        mean = tf.where(before > 0, mean + _RATE * (passed - mean), passed)
        places = tf.expand_dims(buckets, 1)
        # Rows of one item write one value, so their order does not matter.
        interval.assign(tf.tensor_scatter_nd_update(interval, places, mean))
        last.assign(tf.tensor_scatter_nd_update(last, places, tf.fill(tf.shape(buckets), now)))
        return 1.0 / tf.maximum(mean, 1.0)


def identity(ids: Tensor) -> Tensor:
    """One number for each row of ids, (n, columns) int64 → (n,) int64, equal where the ids are, and hardly ever otherwise.

    The columns are mixed one after another by the finaliser of SplitMix64 (Steele et al., OOPSLA 2014).
    """
    mixed = tf.zeros_like(ids[:, 0])
    for column in tf.unstack(ids, axis=1):
        mixed = tf.bitwise.bitwise_xor(mixed, column)
        mixed = _fold(_fold(mixed, 30) * _FIRST, 27) * _SECOND
    return _fold(mixed, 31)


def _fold(values: Tensor, bits: int) -> Tensor:
    return tf.bitwise.bitwise_xor(values, tf.bitwise.right_shift(values, tf.constant(bits, tf.int64)))
