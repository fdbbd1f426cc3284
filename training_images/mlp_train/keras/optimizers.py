"""Optimizers of the dense weights by name, with the arithmetic of PyTorch's, so that one learning rate means the same on both."""

from __future__ import annotations

from collections.abc import Callable

import keras

from mlp_core.specs.presets import CommonParams
from mlp_train.keras.losses import Tensor


class CoupledDecay(keras.optimizers.Optimizer):
    """An optimizer whose gradients get `decay` times the weight added; Keras's own `weight_decay` goes past the gradient."""

    decay: float = 0.0

    def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
        """One weight's step."""
        super().update_step(gradient + self.decay * variable if self.decay else gradient, variable, learning_rate)


class Adagrad(CoupledDecay, keras.optimizers.Adagrad):
    """Duchi et al., "Adaptive Subgradient Methods" (JMLR 2011)."""


class Adam(CoupledDecay, keras.optimizers.Adam):
    """Kingma and Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015)."""


class Sgd(CoupledDecay, keras.optimizers.SGD):
    """Gradient descent with momentum."""


OPTIMIZERS: dict[str, Callable[[float], CoupledDecay]] = {
    # Squares are summed from zero. Keras adds epsilon before the root: this one keeps 0 / 0 away and is nothing beside a gradient.
    "adagrad": lambda rate: Adagrad(rate, initial_accumulator_value=0.0, epsilon=1e-20),
    "adam": lambda rate: Adam(rate, epsilon=1e-8),
    "sgd": lambda rate: Sgd(rate, momentum=0.9),
}


def make_optimizer(params: CommonParams) -> keras.optimizers.Optimizer:
    """The optimizer of the dense weights that the hyper-parameters name."""
    optimizer = OPTIMIZERS[params.optimizer](params.learning_rate)
    optimizer.decay = params.weight_decay
    return optimizer
