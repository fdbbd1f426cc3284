"""Memory by its address: what tables of many pieces, and columns of any layout, have in common."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from mlp_train.tables.kernels.compiled import inlined


def _pointer(kind: Any) -> Any:
    @intrinsic
    def cast(context: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(kind)(types.int64), codegen

    return cast


floats = _pointer(types.float32)
"""float32 values from an address on."""
words = _pointer(types.int64)
"""int64 values from an address on."""
halves = _pointer(types.int32)
"""int32 values from an address on."""

LANES = 8
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


@intrinsic
def move_lanes(context: Any, target: Any, source: Any, factor: Any) -> Any:
    """LANES floats from one address to another, each times a factor."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to, of = (builder.inttoptr(address, _VECTOR.as_pointer()) for address in arguments[:2])
        builder.store(builder.fmul(builder.load(of, align=4), _spread(builder, arguments[2])), to, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32), codegen


@intrinsic
def add_lanes(context: Any, target: Any, source: Any, factor: Any) -> Any:
    """Add LANES floats at one address to those at another, each times a factor."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        to, of = (builder.inttoptr(address, _VECTOR.as_pointer()) for address in arguments[:2])
        product = builder.fmul(builder.load(of, align=4), _spread(builder, arguments[2]))
        builder.store(builder.fadd(builder.load(to, align=4), product), to, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float32), codegen


def _spread(builder: Any, value: Any) -> Any:
    """A vector that holds the value in every lane."""
    single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), lanes)


@intrinsic
def _fetch(context: Any, address: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number]))
        pointer = builder.inttoptr(arguments[0], byte)
        # For writing or reading alike, to be kept in all caches, as data.
        builder.call(function, [pointer, ir.Constant(number, 0), ir.Constant(number, 3), ir.Constant(number, 1)])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@inlined
def fetch(address: Any, size: Any) -> None:
    """Have the cache lines of `size` bytes brought in, while other work goes on."""
    last = address + size - 1
    while address < last:
        _fetch(address)
        address += 64
    _fetch(last)
