"""Integer arithmetic that says where a result does not fit in 64 bits."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils
from numba.extending import intrinsic  # type: ignore[import-untyped,unused-ignore]


def _checked(operation: str) -> Any:
    @intrinsic
    def compute(context: Any, left: Any, right: Any) -> Any:
        result = types.Tuple((types.int64, types.boolean))

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pair = getattr(builder, f"{operation}_with_overflow")(*arguments)
            fits = builder.icmp_unsigned("==", builder.extract_value(pair, 1), ir.Constant(cgutils.bool_t, 0))
            return context.make_tuple(builder, signature.return_type, [builder.extract_value(pair, 0), fits])

        return result(types.int64, types.int64), codegen

    return compute


add = _checked("sadd")
"""The sum of two integers, and whether it fits."""
subtract = _checked("ssub")
"""The difference of two integers, and whether it fits."""
multiply = _checked("smul")
"""The product of two integers, and whether it fits."""
