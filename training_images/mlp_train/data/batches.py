"""Rows as NumPy arrays: what readers give, tables look up and frameworks learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lists:
    """Any number of ids per row: row i has `ids[offsets[i]:offsets[i + 1]]`. ids: (values,); offsets: (n + 1,), the first 0."""

    ids: Ids
    offsets: Ids


@dataclass(frozen=True)
class Batch:
    """Some rows, ids as the data has them.

    ids: (n, id columns) int64; lists: one for each list column; dense: (n, dense columns) float32; labels: (n, tasks) of 0 and 1;
    weights: (n,) or None; groups: (n,) int64, equal within a group, or None. Columns are in the layout's order; arrays are contiguous.
    """

    ids: Ids
    lists: tuple[Lists, ...]
    dense: Floats
    labels: Floats
    weights: Floats | None = None
    groups: Ids | None = None

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.labels.shape[0])
