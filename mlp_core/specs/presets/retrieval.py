"""Hyper-parameters of presets that find items."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mlp_core.specs.presets.common import DeepParams, Names, Positive, Width


class TwoTowerParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `two_tower`.

    user, item: columns of the two sides, by default those that the feature plan gives to these domains alone; output_dim: numbers
    in a side's vector, which has length 1; temperature: what the dot product of the two is divided by; correction: take the popularity of
    the other items of a batch, which are its negatives, off again.
    """

    user: Names | None = None
    item: Names | None = None
    output_dim: Width = 32
    temperature: Annotated[Positive, Meta(le=10)] = 0.05
    correction: bool = True
