"""Hyper-parameters of presets that cross the columns of a row."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from mlp_core.specs.presets.common import CommonParams, Count, DeepParams, EmbeddingParams, Width, Widths


class LrParams(CommonParams, frozen=True, kw_only=True):
    """Hyper-parameters of `lr`: a weight per categorical value and per dense column."""


class FmParams(EmbeddingParams, frozen=True, kw_only=True):
    """Hyper-parameters of `fm`: weights as in `lr`, and dot products of the vectors of all pairs of columns."""


class WideDeepParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `wide_deep`: weights as in `lr` (wide), and an MLP over vectors and dense columns (deep)."""


class DeepFmParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `deepfm`: what `fm` adds up, and an MLP over the same vectors and dense columns."""


class DcnV2Params(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `dcn_v2`.

    cross_layers: of the cross network; cross_rank: its matrices are products of two thin ones of so many columns, full for null;
    structure: the MLP beside the cross network (`parallel`) or behind it (`stacked`).
    """

    cross_layers: Count = 3
    cross_rank: Width | None = None
    structure: Literal["parallel", "stacked"] = "parallel"


class XDeepFmParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `xdeepfm`. cin: feature maps in each layer of the compressed interaction network."""

    cin: Annotated[Widths, Meta(min_length=1)] = (64, 64)


class AutoIntParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `autoint`.

    attention_layers: how often columns attend to one another; attention_dim: numbers per head that they come out with; heads: of each
    layer; residual: add what goes into a layer to what comes out. An empty `hidden` leaves the MLP out, as in the article.
    """

    attention_layers: Count = 3
    attention_dim: Annotated[int, Meta(ge=1, le=1024)] = 16
    heads: Count = 2
    residual: bool = True


class FibinetParams(DeepParams, frozen=True, kw_only=True):
    """Hyper-parameters of `fibinet`.

    reduction: by how much the squeeze and excitation of columns narrows; bilinear: one matrix for all pairs of columns, for `each` first
    column, or for each `interaction` (pair).
    """

    reduction: Count = 3
    bilinear: Literal["all", "each", "interaction"] = "interaction"
