"""Hyper-parameters of presets that read what a user has met before, item by item."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from mlp_core.specs.presets.common import DeepParams, Name, Names, NotNegative, Widths


class SequenceParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of a model that weighs a history by the item in question.

    target: the item's id column; sequences: list columns of ids of the same kind, oldest first, which share the target's embedding
    table. By default the first id column that shares its table with a list, and all lists that do.
    """

    target: Name | None = None
    sequences: Names | None = None


class DinParams(SequenceParams, frozen=True, kw_only=True):
    """Hyper-parameters of `din`.

    attention_hidden: widths of the layers that weigh an item of the history; activation: of all layers; normalise: let the weights
    of a history sum to 1, otherwise they say how much interest there is, as in the article.
    """

    attention_hidden: Annotated[Widths, Meta(min_length=1)] = (64, 16)
    activation: Literal["dice", "prelu"] = "dice"
    normalise: bool = False


class DienParams(SequenceParams, frozen=True, kw_only=True):
    """Hyper-parameters of `dien`.

    auxiliary: weight of the loss by which the state after an item has to tell the next item of the history from one of another row.
    """

    auxiliary: NotNegative = 0.2
