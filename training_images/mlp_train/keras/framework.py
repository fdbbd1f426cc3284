"""TensorFlow, as the training loop asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError
from mlp_train.keras.learner import make_learner
from mlp_train.keras.presets import find_model
from mlp_train.training.tensors import Array
from mlp_train.training.train import Framework


def _params(spec: TrainingSpec) -> CommonParams:
    return find_model(spec)[1]


@contextmanager
def _one_process(context: TrainContext) -> Iterator[None]:
    """One process trains; TrainError for several."""
    if context.world_size > 1:
        raise TrainError(
            f"WORLD_SIZE is {context.world_size}, but TensorFlow trains in one process here; use framework torch, or one worker"
        )
    yield


def _share(found: Any, context: TrainContext) -> Any:
    return found


def _gather(array: Array) -> tuple[Array, list[int]]:
    return array, [len(array)]


FRAMEWORK = Framework(_params, make_learner, _one_process, _share, _gather)
