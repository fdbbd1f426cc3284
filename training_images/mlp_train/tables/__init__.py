"""Embedding tables in NumPy and compiled loops, whatever the framework of the network after them."""

from __future__ import annotations

from mlp_train.tables.dealing import Part
from mlp_train.tables.engine import Embedded, Tables
from mlp_train.tables.growing import Growing
from mlp_train.tables.making import make_sharded_tables, make_tables, warm_up
from mlp_train.tables.optimizers import ROW_OPTIMIZERS, Adagrad, Adam, RowOptimizer, RowWiseAdagrad
from mlp_train.tables.sharded import Exchange, ShardedTables

__all__ = [
    "ROW_OPTIMIZERS",
    "Adagrad",
    "Adam",
    "Embedded",
    "Exchange",
    "Growing",
    "Part",
    "RowOptimizer",
    "RowWiseAdagrad",
    "ShardedTables",
    "Tables",
    "make_sharded_tables",
    "make_tables",
    "warm_up",
]
