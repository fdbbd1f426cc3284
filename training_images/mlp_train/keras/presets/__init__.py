"""The presets' names, as in `mlp_core.specs.presets`, bound to their models; and classes of an engineer's own."""

from __future__ import annotations

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.algorithms import find_class
from mlp_train.keras.base import KerasRecModel
from mlp_train.keras.presets.autoint import AutoInt
from mlp_train.keras.presets.dcn_v2 import DcnV2
from mlp_train.keras.presets.deepfm import DeepFm
from mlp_train.keras.presets.dien import Dien
from mlp_train.keras.presets.din import Din
from mlp_train.keras.presets.esmm import Esmm
from mlp_train.keras.presets.fibinet import FiBiNet
from mlp_train.keras.presets.fm import Fm
from mlp_train.keras.presets.lr import Lr
from mlp_train.keras.presets.mmoe import Mmoe
from mlp_train.keras.presets.ple import Ple
from mlp_train.keras.presets.two_tower import TwoTower
from mlp_train.keras.presets.wide_deep import WideDeep
from mlp_train.keras.presets.xdeepfm import XDeepFm

MODELS: dict[str, type[KerasRecModel]] = {
    "lr": Lr,
    "fm": Fm,
    "wide_deep": WideDeep,
    "deepfm": DeepFm,
    "dcn_v2": DcnV2,
    "xdeepfm": XDeepFm,
    "autoint": AutoInt,
    "fibinet": FiBiNet,
    "din": Din,
    "dien": Dien,
    "mmoe": Mmoe,
    "ple": Ple,
    "esmm": Esmm,
    "two_tower": TwoTower,
}


def find_model(spec: TrainingSpec) -> tuple[type[KerasRecModel], CommonParams]:
    """The class that `algorithm` names and its hyper-parameters. TrainError when there is no such class, SpecError for wrong parameters."""
    return find_class(spec, MODELS, KerasRecModel)
