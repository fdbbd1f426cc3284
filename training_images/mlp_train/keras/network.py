"""The engineer's model on its inputs, dense columns standardised first, as one Keras model."""

from __future__ import annotations

from typing import Any

import keras

import tensorflow as tf
from mlp_core.bundle import Input
from mlp_train.errors import TrainError
from mlp_train.keras.base import KerasRecModel
from mlp_train.keras.layers.standardise import Standardise
from mlp_train.keras.runtime import precision
from mlp_train.shape import DENSE

STANDARDISE = "standardise"


def input_shape(target: Input, width: int) -> tuple[int | None, ...]:
    """An input's shape, None for rows and for the length of sequences."""
    features = len(target.features)
    return {
        "pooled": (None, features, width),
        "dense": (None, features),
        "sequence": (None, None, width),
        "mask": (None, None),
    }[target.kind]


def signature(model: KerasRecModel) -> dict[str, tf.TensorSpec]:
    """What the network takes, by name."""
    return {item.name: tf.TensorSpec(input_shape(item, model.width), tf.float32, name=item.name) for item in model.shape.inputs()}


def build_network(model: KerasRecModel, numbers: str | None = None) -> keras.Model:
    """From the list of inputs to what `user_model` gives; numbers: what it multiplies in, float32 for None.

    Raises TrainError where the shape has no column at all.
    """
    # Layers take names like `dense` by themselves, inputs must not.
    inputs: dict[str, Any] = {
        item.name: keras.Input(shape=input_shape(item, model.width)[1:], name=f"input.{item.name}", dtype="float32")
        for item in model.shape.inputs()
    }
    if not inputs:
        raise TrainError("there is no feature column to learn from; name some in columns")
    with precision(numbers):
        given = dict(inputs)
        if DENSE in given:
            given[DENSE] = Standardise(name=STANDARDISE)(given[DENSE])
        return keras.Model(list(inputs.values()), model.user_model(given))
