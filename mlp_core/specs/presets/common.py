"""Hyper-parameters that every preset takes: optimizers, numbers, tables, input."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1)]
Names = Annotated[tuple[Name, ...], Meta(min_length=1)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, lt=1)]
Rows = Annotated[int, Meta(ge=1, le=2**40)]
Count = Annotated[int, Meta(ge=1, le=64)]
Width = Annotated[int, Meta(ge=1, le=65536)]
Widths = tuple[Width, ...]


class Growing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table for ids without a bound: a row comes into being when its id is met in training.

    admit_after: how often an id is met before it gets a row; until then it has row 0, that of all unknown ids. max_rows: rows at most, no
    bound for null; evict: which rows make room once there are so many: those not met for the longest time (`age`), or those
    met least often (`least_used`).
    """

    admit_after: Annotated[int, Meta(ge=1, le=255)] = 1
    max_rows: Rows | None = None
    evict: Literal["age", "least_used"] = "age"


class CommonParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hyper-parameters that every preset takes.

    optimizer: of the dense weights (`sgd` with momentum 0.9); embedding_optimizer: of the embedding tables, touching only the rows of a
    batch; the same as `optimizer` where it is null, `adagrad` beside `sgd`; `rowwise_adagrad` keeps one number per row. learning_rate: of
    both; embedding_learning_rate: of the tables where it differs; schedule: what becomes of the rate from its full size to the last
    step: `constant`, or down to 0 along a line or half a cosine; warmup_steps: steps before that, over which it grows from 0.

    l2: added to the gradient of the embedding rows that a batch touches, times the row; weight_decay: the same for dense weights;
    clip_norm: a batch's gradient, of dense weights and embedded values together, is scaled down to this Euclidean norm where it is longer;
    mixed_precision: what the network multiplies matrices in, while weights, tables and the loss stay float32; label_weights: what a
    task's loss is multiplied by, by label, 1 where it is not named.

    cardinality: rows of tables whose column does not state them, for all or by column; growing: tables without a fixed size, by name;
    buffer_rows: rows in memory at most as training streams through the data: all of them stay where they fit, otherwise half as many are
    shuffled together while the next are read; shards: parts that the rows are dealt to, each batch taking its share of each, as many as
    workers where it is null: any number of workers that divides it learns the same batches.

    tables: where several workers train together, whether each holds the embedding tables whole (`replicated`) or a part of their rows
    (`sharded`, on PyTorch). Where it is null they are sharded once rows and optimizer state take more than a quarter of a worker's
    memory; a table that grows without `max_rows` is taken to need more than that.

    patience: epochs without a better validation AUC before training stops (0: never); refit: begin again once the best epoch is selected,
    and learn training and validation rows together for as many epochs, so that the newest day is not lost (the measures in the bundle
    are those of the model that was selected).
    """

    optimizer: Literal["adagrad", "adam", "sgd"] = "adagrad"
    embedding_optimizer: Literal["adagrad", "rowwise_adagrad", "adam"] | None = None
    learning_rate: Positive = 0.01
    embedding_learning_rate: Positive | None = None
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup_steps: Annotated[int, Meta(ge=0)] = 0
    l2: NotNegative = 0.0
    weight_decay: NotNegative = 0.0
    clip_norm: Positive | None = None
    mixed_precision: Literal["bfloat16", "float16"] | None = None
    label_weights: dict[Name, Positive] = {}
    cardinality: Rows | dict[str, Rows] | None = None
    growing: dict[Name, Growing] = {}
    buffer_rows: Annotated[int, Meta(ge=1)] = 2**20
    shards: Count | None = None
    tables: Literal["replicated", "sharded"] | None = None
    patience: Annotated[int, Meta(ge=0)] = 1
    refit: bool = True

    @property
    def table_optimizer(self) -> Literal["adagrad", "rowwise_adagrad", "adam"]:
        """The optimizer of the embedding tables."""
        if self.embedding_optimizer is not None:
            return self.embedding_optimizer
        return "adagrad" if self.optimizer == "sgd" else self.optimizer


class EmbeddingParams(CommonParams, frozen=True, kw_only=True):
    """Hyper-parameters of a model with a vector per categorical value. embedding_dim: numbers in it."""

    embedding_dim: Annotated[int, Meta(ge=1, le=1024)] = 16


class DeepParams(EmbeddingParams, frozen=True, kw_only=True):
    """Hyper-parameters of a model with an MLP. hidden: widths of its layers; dropout: share of the units dropped after each of them."""

    hidden: Widths = (256, 128)
    dropout: Share = 0.0
