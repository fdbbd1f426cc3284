"""Integer arithmetic beyond Python's in compiled code: results that may not fit in 64 bits, and remainders without division."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils
from numba.extending import intrinsic  # type: ignore[import-untyped,unused-ignore]

from feature_dsl.machine.registers import inline


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


@intrinsic
def _high_product(context: Any, left: Any, right: Any) -> Any:
    """The upper 64 of the 128 bits of a product of unsigned integers."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), codegen


@inline
def reciprocal(divisor: Any) -> Any:
    """What ``floor_remainder`` needs to know of a divisor: floor((2⁶⁴ - 1) / d), and 2⁶⁴ modulo d."""
    unsigned = np.uint64(divisor)
    most = np.uint64(0xFFFFFFFFFFFFFFFF)
    return most // unsigned, (most % unsigned + np.uint64(1)) % unsigned


@inline
def floor_remainder(value: Any, divisor: Any, parts: Any) -> Any:
    """``value`` (int64) modulo a positive divisor, in 0 … divisor - 1.

    A multiplication by the reciprocal finds the quotient or one or two less (Granlund and Montgomery, "Division by invariant integers
    using multiplication", 1994); a negative value is its unsigned bits less 2⁶⁴.
    """
    bits, unsigned, nothing = np.uint64(value), np.uint64(divisor), np.uint64(0)
    rest = bits - _high_product(bits, parts[0]) * unsigned
    # choices, not branches: nobody foresees them
    rest -= unsigned if rest >= unsigned else nothing
    rest -= unsigned if rest >= unsigned else nothing
    wrapped = parts[1] if value < 0 else nothing
    return np.int64(rest - wrapped + (unsigned if rest < wrapped else nothing))
