"""The presets by name: summary, hyper-parameters, and the frameworks that have a model for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mlp_core.specs.presets import crossing, retrieval, sequences, tasks
from mlp_core.specs.presets.common import CommonParams

MANY = 64
FRAMEWORKS = ("torch", "tensorflow")


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """An algorithm that a name stands for: how many labels (tasks) it takes, its hyper-parameters, the frameworks that have it."""

    name: str
    summary: str
    params: type[CommonParams]
    frameworks: tuple[str, ...] = FRAMEWORKS
    min_tasks: int = 1
    max_tasks: int = 1

    @property
    def schema(self) -> dict[str, Any]:
        """The hyper-parameters as a JSON Schema (draft 2020-12); unknown names are not allowed."""
        schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(self.params)))
        return schema


def _all() -> Iterator[Preset]:
    yield Preset(name="lr", summary="logistic regression", params=crossing.LrParams)
    yield Preset(name="fm", summary="factorisation machine (Rendle 2010)", params=crossing.FmParams)
    yield Preset(name="wide_deep", summary="linear model and MLP side by side (Cheng et al. 2016)", params=crossing.WideDeepParams)
    yield Preset(
        name="deepfm", summary="factorisation machine and MLP over the same embeddings (Guo et al. 2017)", params=crossing.DeepFmParams
    )
    yield Preset(name="dcn_v2", summary="cross network of full or low rank, and MLP (Wang et al. 2021)", params=crossing.DcnV2Params)
    yield Preset(name="xdeepfm", summary="compressed interaction network, and MLP (Lian et al. 2018)", params=crossing.XDeepFmParams)
    yield Preset(name="autoint", summary="self-attention among columns, and MLP (Song et al. 2019)", params=crossing.AutoIntParams)
    yield Preset(
        name="fibinet", summary="weighted columns and their bilinear products, and MLP (Huang et al. 2019)", params=crossing.FibinetParams
    )
    yield Preset(name="din", summary="history weighed by the item in question (Zhou et al. 2018)", params=sequences.DinParams)
    yield Preset(name="dien", summary="interests that evolve towards the item in question (Zhou et al. 2019)", params=sequences.DienParams)
    yield Preset(name="mmoe", summary="shared experts, a gate for each task (Ma et al. 2018)", params=tasks.MmoeParams, max_tasks=MANY)
    yield Preset(
        name="ple", summary="shared experts and each task's own, in levels (Tang et al. 2020)", params=tasks.PleParams, max_tasks=MANY
    )
    yield Preset(
        name="esmm", summary="click and conversion over all impressions (Ma et al. 2018)", params=tasks.EsmmParams, min_tasks=2, max_tasks=2
    )
    yield Preset(name="two_tower", summary="a vector for the user, one for the item (Yi et al. 2019)", params=retrieval.TwoTowerParams)


presets: dict[str, Preset] = {preset.name: preset for preset in _all()}
