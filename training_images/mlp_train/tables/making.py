"""The front door: tables for the columns of a model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlp_train.data.batches import Floats
from mlp_train.shape import Shape
from mlp_train.tables.engine import Tables
from mlp_train.tables.optimizers import RowOptimizer
from mlp_train.tables.threads import Threads


def make_tables(
    shape: Shape, sizes: Mapping[str, int], width: int, deviation: Floats, optimizer: RowOptimizer, seed: int, threads: int = 1
) -> Tables:
    """Tables with their first rows.

    sizes: rows by table; width: floats per row; deviation: (width,) of the normal distribution of first values; seed: a row's first
    value follows from it, the table's name and the row's id alone; threads: results do not depend on them.
    Raises ValueError for a size below 1, a table of a column that has no size, or a deviation of another shape.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"table {name!r} would have {size} rows; a table has at least row 0")
    if missing := [c.name for c in shape.columns if c.kind != "dense" and (c.table or c.name) not in sizes]:
        raise ValueError(f"sizes lack the tables of column(s) {', '.join(missing)}; they name {', '.join(sizes)}")
    spread = np.asarray(deviation, dtype=np.float32)
    if spread.shape != (width,):
        raise ValueError(f"deviation has shape {spread.shape}; rows have {width} floats")
    return Tables(shape, sizes, spread, optimizer, seed, Threads(threads))
