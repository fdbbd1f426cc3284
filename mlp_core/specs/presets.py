"""The registry of preset algorithms: names and hyper-parameters, checked without importing a framework.

A preset stands here once it is implemented; `mlp_train` binds the same names to models. A new one: a Params struct with
ranges and a docstring, and one line in `presets`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Rows = Annotated[int, Meta(ge=1, le=2**40)]


class CommonParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hyper-parameters that every preset takes.

    optimizer: of the dense weights and, touching only the rows of a batch, of the embedding tables; learning_rate: of both;
    embedding_learning_rate: of the tables where it differs; l2: added to the gradient of the embedding rows that a batch touches,
    times the row; weight_decay: the same for dense weights; cardinality: rows of tables whose column does not state them, for
    all or by column; patience: epochs without a better validation AUC before training stops (0: never); refit: begin again
    once the best epoch is selected, and learn training and validation rows together for as many epochs, so that the newest day is
    not lost (the measures in the bundle are those of the model that was selected).
    """

    optimizer: Literal["adagrad", "adam"] = "adagrad"
    learning_rate: Positive = 0.01
    embedding_learning_rate: Positive | None = None
    l2: NotNegative = 0.0
    weight_decay: NotNegative = 0.0
    cardinality: Rows | dict[str, Rows] | None = None
    patience: Annotated[int, Meta(ge=0)] = 1
    refit: bool = True


class LrParams(CommonParams, frozen=True, kw_only=True):
    """Hyper-parameters of `lr`: a weight per categorical value and per dense column."""


class DeepFmParams(CommonParams, frozen=True, kw_only=True):
    """Hyper-parameters of `deepfm`.

    embedding_dim: numbers per categorical value; hidden: widths of the MLP's layers; dropout: share of the units that are dropped
    after each of them.
    """

    embedding_dim: Annotated[int, Meta(ge=1, le=1024)] = 16
    hidden: tuple[Annotated[int, Meta(ge=1, le=65536)], ...] = (256, 128)
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """An algorithm that a name stands for: frameworks that have it, how many labels (tasks) it takes at most, its hyper-parameters."""

    name: str
    summary: str
    params: type[CommonParams]
    frameworks: tuple[str, ...]
    max_tasks: int = 1

    @property
    def schema(self) -> dict[str, Any]:
        """The hyper-parameters as a JSON Schema (draft 2020-12); unknown names are not allowed."""
        schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(self.params)))
        return schema


presets: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(name="lr", summary="logistic regression", params=LrParams, frameworks=("torch",)),
        Preset(
            name="deepfm",
            summary="factorisation machine and MLP over the same embeddings (Guo et al. 2017)",
            params=DeepFmParams,
            frameworks=("torch",),
        ),
    )
}
