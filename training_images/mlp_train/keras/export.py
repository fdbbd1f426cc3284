"""From a traced score to ONNX, the same bytes for the same weights."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from mlp_train.keras.canonical import make_canonical

OPSET = 18
OUTPUT = "score"


def export_network(score: Callable[[dict[str, Any]], Any], takes: Mapping[str, tf.TensorSpec]) -> bytes:
    """The function as an ONNX model: one input for each entry of `takes`, in order, and the output `score`."""
    # Imported here: training alone does not need it.
    import tf2onnx

    def named(*tensors: Any) -> Any:
        return tf.identity(score(dict(zip(takes, tensors, strict=True))), name=OUTPUT)

    function = tf.function(named, input_signature=list(takes.values()), autograph=False)
    captured = function.get_concrete_function().graph.captures
    with _quiet():
        model, _ = tf2onnx.convert.from_function(function, input_signature=list(takes.values()), opset=OPSET)
    _keep_constants(model.graph, {inside.name: outside for outside, inside in captured if outside.dtype != tf.resource})
    make_canonical(model.graph, list(takes), OUTPUT)
    return bytes(model.SerializeToString(deterministic=True))


def _keep_constants(graph: Any, values: Mapping[str, Any]) -> None:
    """Make initializers of the tensors that the model has taken from outside, which the converter takes for inputs."""
    import onnx

    inputs = list(graph.input)
    del graph.input[:]
    graph.input.extend(item for item in inputs if item.name not in values)
    graph.initializer.extend(onnx.numpy_helper.from_array(values[item.name].numpy(), item.name) for item in inputs if item.name in values)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the converter's remarks."""
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
