"""TensorFlow's own settings: threads, repeatable results, precision."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import keras

import tensorflow as tf
from mlp_train.errors import TrainError


def prepare(threads: int, seed: int) -> None:
    """Let TensorFlow compute with so many threads, every run alike: the same seed gives the same weights, bit for bit, on one machine.

    Raises TrainError where Keras runs on another backend. TensorFlow takes its threads once per process: a warning says where it has them.
    """
    if keras.backend.backend() != "tensorflow":
        raise TrainError(f"Keras runs on {keras.backend.backend()!r}; unset KERAS_BACKEND, or set it to tensorflow")
    threading = tf.config.threading
    if (threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()) != (threads, threads):
        try:
            threading.set_intra_op_parallelism_threads(threads)
            threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            warnings.warn(f"TensorFlow has started in this process before; it does not change to {threads} thread(s)", stacklevel=2)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed % 2**32)


@contextmanager
def precision(name: str | None) -> Iterator[None]:
    """Layers made within multiply in `name` (bfloat16 or float16; float32 for None) and keep float32 weights."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(f"mixed_{name}" if name else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
