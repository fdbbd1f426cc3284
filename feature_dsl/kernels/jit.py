"""One way to compile kernels: ahead of the first call by signature, cached on disk, without the GIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, types  # type: ignore[import-untyped,unused-ignore]

Function = TypeVar("Function", bound=Callable[..., Any])


def _array(scalar: Any, readonly: bool = True) -> Any:
    return types.Array(scalar, 1, "C", readonly=readonly)


U8, I64, U64, F64, B1 = (_array(scalar) for scalar in (types.uint8, types.int64, types.uint64, types.float64, types.boolean))
"""Arrays that a kernel reads (mutable ones fit too)."""

OUT_U8, OUT_I64, OUT_U64, OUT_F64, OUT_B1 = (
    _array(scalar, readonly=False) for scalar in (types.uint8, types.int64, types.uint64, types.float64, types.boolean)
)
"""Arrays that a kernel writes."""

i64, u64, f64, b1, void = types.int64, types.uint64, types.float64, types.boolean, types.void


def kernel(result: Any, *arguments: Any) -> Callable[[Function], Function]:
    """Compiles a function for one signature. Division by zero gives inf or 0, never an exception."""

    def compiled(function: Function) -> Function:
        wrapped: Function = njit(result(*arguments), cache=True, nogil=True, error_model="numpy")(function)
        return wrapped

    return compiled
