"""The front door: tables for the columns of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mlp_train.data.batches import Batch, Floats
from mlp_train.shape import POOLED, Column, Shape
from mlp_train.tables.dealing import WHOLE, Part
from mlp_train.tables.engine import Tables
from mlp_train.tables.growing import Growing
from mlp_train.tables.optimizers import ROW_OPTIMIZERS, RowOptimizer
from mlp_train.tables.sharded import Exchange, ShardedTables
from mlp_train.tables.store import Plan


def make_tables(
    shape: Shape,
    sizes: Mapping[str, int | None],
    width: int,
    deviation: Floats,
    optimizer: RowOptimizer,
    seed: int,
    threads: int = 1,
    growing: Growing | Mapping[str, Growing] | None = None,
) -> Tables:
    """Tables with their first rows.

    sizes: rows by table, None for one that grows; width: floats per row; deviation: (width,) of the normal distribution of first values;
    seed: a row's first value follows from it, the table's name and the row's id alone; threads: results do not depend on them;
    growing: the rule of growing tables, for all or by name, `Growing()` for those without.
    Raises ValueError for a size below 1, a table of a column that has no size, or a deviation of another shape.
    """
    return Tables(shape, _plan(shape, sizes, width, deviation, optimizer, seed, threads, growing))


def make_sharded_tables(
    shape: Shape,
    sizes: Mapping[str, int | None],
    width: int,
    deviation: Floats,
    optimizer: RowOptimizer,
    seed: int,
    threads: int = 1,
    growing: Growing | Mapping[str, Growing] | None = None,
    *,
    part: Part,
    exchange: Exchange,
) -> ShardedTables:
    """A part of the same tables; the other parts are other processes', reached through `exchange`.

    Raises ValueError as `make_tables` does.
    """
    plan = _plan(shape, sizes, width, deviation, optimizer, seed, threads, growing)
    return ShardedTables(shape, replace(plan, part=part), exchange)


def _plan(
    shape: Shape,
    sizes: Mapping[str, int | None],
    width: int,
    deviation: Floats,
    optimizer: RowOptimizer,
    seed: int,
    threads: int,
    growing: Growing | Mapping[str, Growing] | None,
) -> Plan:
    for name, size in sizes.items():
        if size is not None and size < 1:
            raise ValueError(f"table {name!r} would have {size} rows; a table has at least row 0")
    if missing := [column.name for column in shape.columns if column.kind != "dense" and (column.table or column.name) not in sizes]:
        raise ValueError(f"sizes lack the tables of column(s) {', '.join(missing)}; they name {', '.join(sizes)}")
    spread = np.asarray(deviation, dtype=np.float32)
    if spread.shape != (width,):
        raise ValueError(f"deviation has shape {spread.shape}; rows have {width} floats")
    rules = {name: growing if isinstance(growing, Growing) else (growing or {}).get(name, Growing()) for name in sizes}
    return Plan(sizes, spread, optimizer, seed, threads, rules)


def warm_up() -> None:
    """Compiles all kernels, or finds them on disk: a quarter of a minute on a new machine. For images, and before processes that would
    each do it for themselves.
    """
    shape, nothing = Shape((Column("a", "id"), Column("b", "id"))), np.zeros((1, 0), dtype=np.float32)
    batch = Batch(np.ones((1, 2), dtype=np.int64), (), nothing, nothing)
    for optimizer in ROW_OPTIMIZERS.values():
        tables = make_tables(shape, {"a": 2, "b": None}, 1, np.ones(1, dtype=np.float32), optimizer(0.1), seed=1)
        tables.update(tables.look_up(batch), {POOLED: np.zeros((1, 2, 1), dtype=np.float32)})
        tables.load(tables.state())
        halves = make_sharded_tables(
            shape, {"a": 2, "b": None}, 1, np.ones(1, np.float32), optimizer(0.1), 1, part=WHOLE, exchange=lambda rows, send, receive: rows
        )
        halves.update(halves.look_up(batch), {POOLED: np.zeros((1, 2, 1), dtype=np.float32)})
        halves.load(tables.state(), tables.state())
