"""Training with TensorFlow and Keras: what an engineer extends, and the learner that the training loop drives."""

from __future__ import annotations

from mlp_train.keras.base import Inputs, KerasRecModel, Outputs
from mlp_train.keras.learner import KerasLearner
from mlp_train.keras.losses import HeadLoss, Rows, log_loss

__all__ = ["HeadLoss", "Inputs", "KerasLearner", "KerasRecModel", "Outputs", "Rows", "log_loss"]
