"""Where the rows of all tables lie: one array of values, one for each slot of the optimizer, and pages for rows that come later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlp_train.tables.kernels.rows import PAGE_ROWS

Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.int64]


def address(array: npt.NDArray[np.generic]) -> int:
    """Where an array's first element lies."""
    return int(array.__array_interface__["data"][0])


@dataclass(frozen=True)
class Plane:
    """One kind of floats of all rows. width: per row; fixed: (rows, width) of the fixed tables; pages: (pages,) addresses."""

    width: int
    fixed: Floats
    pages: Words


def plane(rows: int, width: int, zeros: bool) -> Plane:
    """Memory for `rows` rows."""
    make = np.zeros if zeros else np.empty
    fixed = make((rows, width), dtype=np.float32)
    firsts = np.arange(0, rows, PAGE_ROWS, dtype=np.int64)
    return Plane(width, fixed, address(fixed) + firsts * (4 * width))
