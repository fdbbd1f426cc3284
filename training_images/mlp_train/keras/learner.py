"""The network after the look-up on TensorFlow: one traced step, one traced score, weights and slots as NumPy arrays."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

import tensorflow as tf
from mlp_core.bundle import Input
from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch, Floats
from mlp_train.errors import TrainError
from mlp_train.hooks import Hooks
from mlp_train.keras.base import KerasRecModel
from mlp_train.keras.export import export_network
from mlp_train.keras.losses import Rows, Tensor, total
from mlp_train.keras.naming import slot_names, weight_names
from mlp_train.keras.network import STANDARDISE, build_network, signature
from mlp_train.keras.runtime import prepare
from mlp_train.keras.scaling import LossScale
from mlp_train.learner import STEPS, Arrays, Inputs, Step
from mlp_train.shape import Shape

# Inputs that hold embedding rows: only they get gradients back.
EMBEDDED = ("pooled", "sequence")


class KerasLearner:
    """A `mlp_train.learner.Learner` around an engineer's KerasRecModel.

    Under mixed precision there are two networks of the same weights: one that learns, and one in float32 that scores and is exported.
    """

    def __init__(self, model: KerasRecModel, context: TrainContext, seed: int) -> None:
        prepare(context.threads, seed)
        self.model = model
        self._steps = 0
        self.shape: Shape = model.shape
        self.inputs: tuple[Input, ...] = model.shape.inputs()
        self.width: int = model.width
        self.deviation: Floats = model.deviation
        self.hooks: Hooks = model
        numbers = model.params.mixed_precision
        self._scale = LossScale() if numbers == "float16" else None
        self.network = build_network(model, numbers)
        self._scorer = build_network(model) if numbers else self.network
        self._behind = self._scorer is not self.network
        self.optimizer = model.user_optimizer()
        self._rate = _base_rate(self.optimizer)
        self.optimizer.build(self.network.trainable_variables)
        self._embedded = tuple(item.name for item in self.inputs if item.kind in EMBEDDED)
        self._variables = self._named_variables()
        takes = signature(model)
        ids = sum(column.kind == "id" for column in self.shape.columns)
        rows = [tf.TensorSpec((None, self.shape.tasks)), tf.TensorSpec((None,)), tf.TensorSpec((None, ids), tf.int64)]
        self._traced_step = tf.function(self._step, input_signature=[takes, *rows, tf.TensorSpec(())], autograph=False)
        self._traced_score = tf.function(self._score, input_signature=[takes], autograph=False)
        # Heads and shapes that do not fit are found here.
        self._traced_score.get_concrete_function()

    def standardise(self, mean: Floats, deviation: Floats) -> None:
        """Let the network centre and scale dense columns by these, (dense columns,) each."""
        # A model that reads no dense column has no such layer, whatever the data has.
        if any(layer.name == STANDARDISE for layer in self.network.layers):
            self.network.get_layer(STANDARDISE).fit(np.asarray(mean, np.float32), np.asarray(deviation, np.float32))
            self._changed()

    def step(self, inputs: Inputs, batch: Batch, rate: float) -> Step:
        """As the protocol says. A loss that is not a number is given back with no gradients, and changes no weight."""
        weights = np.ones(batch.rows, np.float32) if batch.weights is None else batch.weights
        loss, gradients = self._traced_step(self._tensors(inputs), batch.labels, weights, batch.ids, np.float32(rate))
        self._changed()
        value = float(loss)
        if not math.isfinite(value):
            return Step(value, {})
        self._steps += 1
        return Step(value, {name: gradient.numpy() for name, gradient in gradients.items()})

    def score(self, inputs: Inputs) -> Floats:
        """Probabilities without dropout: (n,), or (n, tasks) for several labels."""
        self._catch_up()
        scores: Floats = self._traced_score(self._tensors(inputs)).numpy()
        return scores

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Weights and buffers by name (`mlp.dense.kernel`), `<name>/<slot>` for the optimizer's state, and `steps`: copies."""
        return {name: np.array(variable.numpy()) for name, variable in self._variables.items()} | {STEPS: np.array(self._steps)}

    def load(self, state: Arrays) -> list[str]:
        """Take the entries whose name and shape fit; returns their names."""
        taken = []
        for name, variable in self._variables.items():
            value = state.get(name)
            if value is not None and value.shape == tuple(variable.shape):
                variable.assign(value)
                taken.append(name)
        if STEPS in state:
            self._steps = int(np.asarray(state[STEPS]).item())
            taken.append(STEPS)
        self._changed()
        return taken

    def export(self) -> bytes:
        """The network as ONNX: `inputs` in, `score` out, any number of rows (and any length of sequences)."""
        self._catch_up()
        return export_network(self._score, signature(self.model))

    def _step(self, inputs: dict[str, Tensor], labels: Tensor, weights: Tensor, ids: Tensor, rate: Tensor) -> Any:
        """The loss and the gradients of embedded inputs; changes the dense weights."""
        embedded = {name: inputs[name] for name in self._embedded}
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            tape.watch(embedded)
            outputs = self.network([inputs[item.name] for item in self.inputs], training=True)
            loss = total(self.model.user_loss(outputs, Rows(self.shape, labels, weights, ids)), weights)
            if self.network.losses:
                loss += tf.add_n(self.network.losses)
            scaled = loss if self._scale is None else loss * self._scale.scale
        weights_and_inputs = tape.gradient(
            scaled, [[variable.value for variable in variables], embedded], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        # A number would be traced once and stay.
        self.optimizer.learning_rate.assign(self._rate * rate)
        return loss, self._apply(loss, *weights_and_inputs)

    def _score(self, inputs: dict[str, Tensor]) -> Tensor:
        return tf.cast(self.model.user_score(self._scorer([inputs[item.name] for item in self.inputs], training=False)), tf.float32)

    def _apply(self, loss: Tensor, gradients: list[Tensor], of_inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Change the dense weights, unless the loss is no number; returns the gradients of embedded inputs, clipped with the others."""
        variables, names = self.network.trainable_variables, list(of_inputs)
        everything = [*gradients, *of_inputs.values()]
        good = tf.math.is_finite(loss)
        if self._scale is not None:
            everything = [gradient / self._scale.scale for gradient in everything]
            good = tf.reduce_all([good, *(tf.reduce_all(tf.math.is_finite(gradient)) for gradient in everything)])
        clip: float | None = self.model.params.clip_norm
        if clip is not None:
            everything, _ = tf.clip_by_global_norm(everything, clip)
        tf.cond(good, lambda: self.optimizer.apply(everything[: len(gradients)], variables), lambda: None)
        if self._scale is not None:
            everything = [tf.where(good, gradient, tf.zeros_like(gradient)) for gradient in everything]
            self._scale.update(good)
        return dict(zip(names, everything[len(gradients) :], strict=True))

    def _tensors(self, inputs: Inputs) -> dict[str, Tensor]:
        return {item.name: tf.convert_to_tensor(inputs[item.name]) for item in self.inputs}

    def _changed(self) -> None:
        self._behind = self._scorer is not self.network

    def _catch_up(self) -> None:
        """Give the scoring network the weights of the learning one."""
        if self._behind:
            for scoring, learning in zip(self._scorer.variables, self.network.variables, strict=True):
                scoring.assign(learning)
            self._behind = False

    def _named_variables(self) -> dict[str, Any]:
        """Everything that a checkpoint holds: weights, the state of dropout, the optimizer's slots, the loss's own."""
        names = weight_names(variable.path for variable in self.network.variables)
        found: dict[str, Any] = dict(zip(names, self.network.variables, strict=True))
        of = {id(variable): name for name, variable in found.items()}
        trained = self.network.trainable_variables
        slots = slot_names(self.optimizer, trained, [of[id(variable)] for variable in trained])
        found |= dict(zip(slots, self.optimizer.variables, strict=True))
        # Every step sets it anew.
        found.pop("optimizer/learning_rate", None)
        found |= {f"loss.{name}": variable for name, variable in self.model.user_state().items()}
        return found | ({} if self._scale is None else self._scale.variables)


def make_learner(spec: TrainingSpec, shape: Shape, context: TrainContext) -> KerasLearner:
    """The learner of the model that `spec.algorithm` names. SpecError and TrainError for what it does not take."""
    from mlp_train.keras.presets import find_model

    model, params = find_model(spec)
    return KerasLearner(model.for_shape(shape, params), context, spec.seed)


def _base_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The optimizer's learning rate, which each step multiplies; TrainError for a schedule of Keras."""
    rate = optimizer.learning_rate
    if not isinstance(rate, keras.Variable):
        raise TrainError("user_optimizer has a learning-rate schedule of Keras; give it a number, and the schedule in params.schedule")
    return float(rate)
