"""PyTorch, as the training loop asks for it."""

from __future__ import annotations

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.torch.distributed import exchange, from_chief, gather, process_group, to_chief
from mlp_train.torch.learner import make_learner
from mlp_train.torch.presets import find_model
from mlp_train.training.train import Framework


def _params(spec: TrainingSpec) -> CommonParams:
    return find_model(spec)[1]


FRAMEWORK = Framework(_params, make_learner, process_group, from_chief, gather, exchange, to_chief)
