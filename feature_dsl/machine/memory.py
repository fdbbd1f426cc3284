"""Addresses in compiled code: reading and writing memory, calling a function by its address, and the C library's allocator."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils
from numba.extending import intrinsic  # type: ignore[import-untyped,unused-ignore]

Words = types.CPointer(types.int64)
"""What compiled functions see as ``p[i]``: 64-bit integers from an address on."""

_MACHINE = types.ExternalFunction
malloc = _MACHINE("malloc", types.int64(types.int64))
realloc = _MACHINE("realloc", types.int64(types.int64, types.int64))
free = _MACHINE("free", types.void(types.int64))
memcpy = _MACHINE("memcpy", types.int64(types.int64, types.int64, types.int64))
madvise = _MACHINE("madvise", types.int32(types.int64, types.int64, types.int32))
memcmp = _MACHINE("memcmp", types.int32(types.int64, types.int64, types.int64))


def _pointer_to(scalar: Any) -> Any:
    @intrinsic
    def cast(context: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(scalar)(types.int64), codegen

    return cast


words = _pointer_to(types.int64)
"""int64 values from an address on."""
halves = _pointer_to(types.int32)
"""int32 values from an address on."""
octets = _pointer_to(types.uint8)
"""Bytes from an address on."""
floats = _pointer_to(types.float64)
"""float64 values from an address on."""


def _unaligned(width: int) -> Any:
    @intrinsic
    def load(context: Any, address: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = ir.IntType(width)
            value = builder.load(builder.inttoptr(arguments[0], kind.as_pointer()), align=1)
            return builder.zext(value, ir.IntType(64)) if width < 64 else value

        return types.uint64(types.int64), codegen

    return load


load_u64 = _unaligned(64)
"""8 bytes at any address as a little-endian unsigned integer."""
load_u32 = _unaligned(32)
"""4 bytes at any address as a little-endian unsigned integer."""


@intrinsic
def trailing_zeros(context: Any, value: Any) -> Any:
    """How many of the low bits of a uint64 are 0; of 0 itself nothing is said."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(cgutils.bool_t, 1))

    return types.int64(types.uint64), codegen


@intrinsic
def address_of(context: Any, pointer: Any) -> Any:
    """The address that a pointer holds."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(pointer), codegen


@intrinsic
def call_kernel(context: Any, address: Any, frame: Any, step: Any) -> Any:
    """Calls the kernel that lies at an address."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words = ir.IntType(64).as_pointer()
        function = ir.FunctionType(ir.VoidType(), [words, words])
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), list(arguments[1:]))
        return context.get_dummy_value()

    return types.void(types.int64, Words, Words), codegen


@intrinsic
def call_release(context: Any, address: Any, structure: Any) -> Any:
    """Calls the release function of one of Arrow's C structures."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t])
        pointer = builder.inttoptr(arguments[1], cgutils.voidptr_t)
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), [pointer])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@njit(nogil=True, error_model="numpy")
def same_bytes(left: Any, right: Any, count: Any) -> Any:
    """Whether two runs of bytes are equal: in place, for calling memcmp costs more than most texts' comparison."""
    if count >= 8:
        at = 0
        while at + 8 < count:
            if load_u64(left + at) != load_u64(right + at):
                return False
            at += 8
        return load_u64(left + count - 8) == load_u64(right + count - 8)
    if count >= 4:
        return load_u32(left) == load_u32(right) and load_u32(left + count - 4) == load_u32(right + count - 4)
    at = 0
    while at < count and octets(left)[at] == octets(right)[at]:
        at += 1
    return at == count
