"""Embedding tables in NumPy and compiled loops, whatever the framework of the network after them."""

from __future__ import annotations

from mlp_train.tables.engine import Embedded, Tables
from mlp_train.tables.growing import Growing
from mlp_train.tables.making import make_tables, warm_up
from mlp_train.tables.optimizers import ROW_OPTIMIZERS, Adagrad, Adam, RowOptimizer, RowWiseAdagrad

__all__ = ["ROW_OPTIMIZERS", "Adagrad", "Adam", "Embedded", "Growing", "RowOptimizer", "RowWiseAdagrad", "Tables", "make_tables", "warm_up"]
