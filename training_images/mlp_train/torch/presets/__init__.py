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
from mlp_train.torch.presets.autoint import AutoInt
from mlp_train.torch.presets.dcn_v2 import DcnV2
from mlp_train.torch.presets.deepfm import DeepFm
from mlp_train.torch.presets.dien import Dien
from mlp_train.torch.presets.din import Din
from mlp_train.torch.presets.esmm import Esmm
from mlp_train.torch.presets.fibinet import Fibinet
from mlp_train.torch.presets.fm import Fm
from mlp_train.torch.presets.lr import Lr
from mlp_train.torch.presets.mmoe import Mmoe
from mlp_train.torch.presets.ple import Ple
from mlp_train.torch.presets.two_tower import TwoTower
from mlp_train.torch.presets.wide_deep import WideDeep
from mlp_train.torch.presets.xdeepfm import XDeepFm

MODELS: dict[str, type[TorchRecModel]] = {
    "lr": Lr,
    "fm": Fm,
    "wide_deep": WideDeep,
    "deepfm": DeepFm,
    "dcn_v2": DcnV2,
    "xdeepfm": XDeepFm,
    "autoint": AutoInt,
    "fibinet": Fibinet,
    "din": Din,
    "dien": Dien,
    "mmoe": Mmoe,
    "ple": Ple,
    "esmm": Esmm,
    "two_tower": TwoTower,
}


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
