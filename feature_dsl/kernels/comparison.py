"""Kernels of comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.kernels.columns import BoolArray, Bools, Call, Column, Texts


def _present(left: Column, right: Column) -> BoolArray:
    return ~(left.missing() | right.missing())


def _order(left: Texts, right: Texts, size: int) -> npt.NDArray[np.int64]:
    from feature_dsl.kernels.bytes import compare

    out = np.empty(size, np.int64)
    compare(left.starts, left.lengths, left.data, right.starts, right.lengths, right.data, out)
    return out


def _comparison(numeric: Callable[[Any, Any], BoolArray]) -> Callable[[Call], Bools]:
    def kernel(call: Call) -> Bools:
        left, right = call.args
        pair = (_order(left, right, call.size), 0) if isinstance(left, Texts) else (left.values, right.values)
        return Bools(numeric(*pair) & _present(left, right))

    return kernel


ne = _comparison(np.not_equal)
lt = _comparison(np.less)
le = _comparison(np.less_equal)
gt = _comparison(np.greater)
ge = _comparison(np.greater_equal)


def equal(call: Call) -> Bools:
    """Missing equals missing."""
    left, right = call.args
    if isinstance(left, Texts):
        return Bools(_order(left, right, call.size) == 0)
    same: BoolArray = left.values == right.values
    return Bools((same & _present(left, right)) | (left.missing() & right.missing()))


def is_missing(call: Call) -> Bools:
    """Missing scalars and empty lists."""
    column: Column = call.args[0]
    return Bools(column.missing())
