"""The presets' names, as in `mlp_core.specs.presets`, bound to their models; and classes of an engineer's own."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from mlp_core.specs import TrainingSpec, preset_params
from mlp_core.specs.decoding import convert
from mlp_core.specs.presets import CommonParams
from mlp_train.errors import TrainError
from mlp_train.torch.base import TorchRecModel
from mlp_train.torch.presets.deepfm import DeepFm
from mlp_train.torch.presets.lr import Lr

MODELS: dict[str, type[TorchRecModel]] = {"deepfm": DeepFm, "lr": Lr}


def find_model(spec: TrainingSpec) -> tuple[type[TorchRecModel], CommonParams]:
    """The class that `algorithm` names and its hyper-parameters. TrainError when there is no such class, SpecError for wrong parameters."""
    name = spec.algorithm or ""
    if name in MODELS:
        return MODELS[name], preset_params(spec)
    model = _import(name)
    return model, convert(spec.params, model.Params, f"params of algorithm {name!r}")


def _import(name: str) -> type[TorchRecModel]:
    module, _, class_name = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), class_name)
    except (ImportError, AttributeError) as error:
        raise TrainError(f"algorithm {name!r} cannot be imported: {error}; install its package or start where the module lies") from error
    if not (isinstance(found, type) and issubclass(found, TorchRecModel)):
        raise TrainError(f"algorithm {name!r} is not a TorchRecModel; extend mlp_train.torch.TorchRecModel")
    return found
