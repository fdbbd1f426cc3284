"""Hyper-parameters of presets that predict several labels."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mlp_core.specs.presets.common import Count, DeepParams, EmbeddingParams, Share, Widths

_Some = Annotated[Widths, Meta(min_length=1)]


class ExpertParams(EmbeddingParams, frozen=True, kw_only=True):
    """Hyper-parameters of a model of experts, which gates mix for each task.

    expert_hidden: widths of an expert's layers; tower_hidden: of the MLP of each task; dropout: share of the units dropped after each.
    """

    expert_hidden: _Some = (128,)
    tower_hidden: Widths = (64,)
    dropout: Share = 0.0


class MmoeParams(ExpertParams, frozen=True, kw_only=True):
    """Hyper-parameters of `mmoe`. experts: that all tasks share."""

    experts: Count = 4


class PleParams(ExpertParams, frozen=True, kw_only=True):
    """Hyper-parameters of `ple`. shared_experts: of all tasks, in each level; task_experts: of each task; levels: of extraction."""

    shared_experts: Count = 2
    task_experts: Count = 2
    levels: Count = 2


class EsmmParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `esmm`: two labels, first the click, then what follows only upon a click (conversion); an MLP for each."""
