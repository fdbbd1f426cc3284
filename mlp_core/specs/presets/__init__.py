"""Preset algorithms: names and hyper-parameters, checked without importing a framework.

`mlp_train` binds the same names to models. A new preset: a Params struct with ranges and a docstring, and its lines in `registry`.
"""

from __future__ import annotations

from mlp_core.specs.presets.common import CommonParams, DeepParams, EmbeddingParams, Growing
from mlp_core.specs.presets.crossing import (
    AutoIntParams,
    DcnV2Params,
    DeepFmParams,
    FibinetParams,
    FmParams,
    LrParams,
    WideDeepParams,
    XDeepFmParams,
)
from mlp_core.specs.presets.registry import FRAMEWORKS, Preset, presets
from mlp_core.specs.presets.retrieval import TwoTowerParams
from mlp_core.specs.presets.sequences import DienParams, DinParams, SequenceParams
from mlp_core.specs.presets.tasks import EsmmParams, ExpertParams, MmoeParams, PleParams

__all__ = [
    "FRAMEWORKS",
    "AutoIntParams",
    "CommonParams",
    "DcnV2Params",
    "DeepFmParams",
    "DeepParams",
    "DienParams",
    "DinParams",
    "EmbeddingParams",
    "EsmmParams",
    "ExpertParams",
    "FibinetParams",
    "FmParams",
    "Growing",
    "LrParams",
    "MmoeParams",
    "PleParams",
    "Preset",
    "SequenceParams",
    "TwoTowerParams",
    "WideDeepParams",
    "XDeepFmParams",
    "presets",
]
