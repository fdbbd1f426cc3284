"""The presets' names, as in `mlp_core.specs.presets`, bound to their models; and classes of an engineer's own."""

from __future__ import annotations

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.algorithms import find_class
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
    return find_class(spec, MODELS, TorchRecModel)
