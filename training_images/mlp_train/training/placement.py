"""Where the embedding tables of a training lie: whole in every process, or a part of the rows in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError
from mlp_train.events import emit
from mlp_train.learner import Learner
from mlp_train.tables import ROW_OPTIMIZERS, Exchange, Growing, Part, RowOptimizer, ShardedTables, Tables, make_sharded_tables, make_tables
from mlp_train.training.replicas import Gather, LookUp, alone, replicated, sharded

# Tables that take more of a worker's memory are sharded, unless the parameters say otherwise.
SHARE = 0.25
Sizes = Mapping[str, int | None]


def place_tables(
    spec: TrainingSpec,
    params: CommonParams,
    learner: Learner,
    sizes: Sizes,
    context: TrainContext,
    gather: Gather,
    exchange: Exchange | None,
    tell: bool,
) -> tuple[Tables | ShardedTables, LookUp]:
    """A learner's tables and how its process looks up in them.

    exchange: None where the framework has none; tell: an event says where they lie, with several processes.
    TrainError where tables are to be sharded and cannot.
    """
    optimizer = ROW_OPTIMIZERS[params.table_optimizer](params.embedding_learning_rate or params.learning_rate, params.l2)
    rules = {name: Growing(rule.admit_after, rule.max_rows, rule.evict) for name, rule in params.growing.items()}
    made = (learner.shape, sizes, learner.width, learner.deviation, optimizer, spec.seed, context.threads, rules)
    if context.world_size == 1:
        tables = make_tables(*made)
        return tables, alone(tables)
    kind, size = choose(params, optimizer, learner.width, sizes, context.memory, exchange is not None)
    if tell and context.is_chief:
        emit("tables", held=kind, bytes=size, memory=context.memory, workers=context.world_size)
    if kind == "replicated":
        tables = make_tables(*made)
        return tables, replicated(tables, gather, context.rank)
    if exchange is None:
        raise TrainError(f'params.tables is "sharded", which {spec.framework} cannot; use "replicated", or framework torch')
    if not (spec.checkpoints or params.refit):
        raise TrainError("sharded tables without refit need `checkpoints`, a place that all workers reach: the best epoch is kept there")
    parts = make_sharded_tables(*made, part=Part(context.rank, context.world_size), exchange=exchange)
    return parts, sharded(parts)


def choose(
    params: CommonParams, optimizer: RowOptimizer, width: int, sizes: Sizes, memory: int, can_shard: bool
) -> tuple[Literal["replicated", "sharded"], int | None]:
    """Whether tables are held whole or in parts, and the bytes of rows and optimizer state, None where they grow without a bound."""
    bounds = [params.growing[name].max_rows if size is None and name in params.growing else size for name, size in sizes.items()]
    row = 4 * (width + sum(optimizer.slot_widths(width)))
    size = None if None in bounds else row * sum(bound or 0 for bound in bounds)
    if params.tables is not None:
        return params.tables, size
    return ("sharded" if can_shard and (size is None or size > SHARE * memory) else "replicated"), size
