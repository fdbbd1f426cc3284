"""Kernels made of a function of one row's scalars: the loop, constants, missing values and lists come from here."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from feature_dsl.machine.compiled import Kernel, Variant
from feature_dsl.machine.memory import floats, words
from feature_dsl.machine.registers import DATA, MORE, STEP, argument, inline, new_values, size_of_result

Function = Callable[..., Any]


# A value and whether it is missing, from the addresses of its data and more.
@inline
def _read_integer(data: Any, more: Any, at: Any) -> Any:
    return words(data)[at]


@inline
def _read_bool(data: Any, more: Any, at: Any) -> Any:
    return words(data)[at] != 0


@inline
def _read_float(data: Any, more: Any, at: Any) -> Any:
    return floats(data)[at]


@inline
def _read_text(data: Any, more: Any, at: Any) -> Any:
    return words(data)[at], words(more)[at]


@inline
def _masked(data: Any, more: Any, at: Any) -> Any:
    return more != 0 and words(more)[at] != 0


@inline
def _not_a_number(data: Any, more: Any, at: Any) -> Any:
    return math.isnan(floats(data)[at])


@inline
def _empty(data: Any, more: Any, at: Any) -> Any:
    return words(more)[at] == 0


_READERS = {
    "int64": (_read_integer, _masked),
    "bool": (_read_bool, _masked),
    "float64": (_read_float, _not_a_number),
    "utf8": (_read_text, _empty),
}


# Writing a function's result; it says whether there is one.
@inline
def _write_present(data: Any, more: Any, at: Any, value: Any) -> None:
    words(data)[at] = value


@inline
def _write_perhaps(data: Any, more: Any, at: Any, value: Any) -> None:
    words(data)[at] = value[0] if value[1] else 0
    words(more)[at] = 0 if value[1] else 1


@inline
def _write_masked(data: Any, more: Any, at: Any, value: Any) -> None:
    words(data)[at] = value
    words(more)[at] = 0


@inline
def _write_float(data: Any, more: Any, at: Any, value: Any) -> None:
    floats(data)[at] = value if math.isfinite(value) else math.nan


@inline
def _write_text(data: Any, more: Any, at: Any, value: Any) -> None:
    words(data)[at] = value[0]
    words(more)[at] = value[1]


@inline
def _miss_word(data: Any, more: Any, at: Any) -> None:
    words(data)[at] = 0
    words(more)[at] = 1


@inline
def _miss_float(data: Any, more: Any, at: Any) -> None:
    floats(data)[at] = math.nan


@inline
def _miss_text(data: Any, more: Any, at: Any) -> None:
    words(data)[at] = 0  # kernels add lengths to addresses of missing texts too
    words(more)[at] = 0


def _writers(result: str, missing: Any) -> tuple[Function, Function, bool]:
    """How to write a value, how to write a missing one, and whether the result has ``more``."""
    base = result.removesuffix("?")
    if base == "float64":
        return _write_float, _miss_float, False
    if base == "utf8":
        return _write_text, _miss_text, True
    if missing is None or result.endswith("?"):
        return _write_perhaps if result.endswith("?") else _write_masked, _miss_word, True

    return _write_present, _constant(int(missing)), False


def _constant(value: int) -> Function:
    @inline
    def write(data: Any, more: Any, at: Any) -> None:
        words(data)[at] = value

    return write


def elementwise(
    arguments: Sequence[str], result: str, *, missing: int | bool | None = None, with_frame: bool = False, name: str | None = None
) -> Callable[[Function], Kernel]:
    """Makes a kernel of a function of present scalars.

    The function gets an int64 as an integer, a float64, a bool, and a utf8 as a pair (address, length in bytes); with ``with_frame``
    the frame and the step come first, for memory and state. It is not called where an argument is missing.

    :param arguments: types, at most four: ``int64``, ``float64``, ``bool``, ``utf8``.
    :param result: a type. With a ``?`` (``int64?``, ``bool?``) the function gives a pair of a value and whether there is one; a
        float64 is missing where it is not finite, a utf8 (address, length) where its length is 0.
    :param missing: an int64 or bool result's value where an argument is missing; None: the result is missing.
    :param name: where the function's own name is not unique in its module.
    """
    readers = [_READERS[kind] for kind in arguments]
    write, miss, more = _writers(result, missing)

    def decorate(function: Function) -> Kernel:
        inner = inline(function)
        loop = _LOOPS[len(arguments)](readers, _with(inner, len(arguments), with_frame), write, miss, more)
        return Kernel({tuple(arguments): Variant(name or function.__name__, loop, function)})

    return decorate


def for_types(kinds: Sequence[str], arity: int, result: str | None = None, **options: Any) -> Callable[[Function], Kernel]:
    """One function for several types of arguments, all of one type; ``result`` None gives that type."""

    def decorate(function: Function) -> Kernel:
        made = [elementwise((kind,) * arity, result or kind, name=f"{function.__name__}_{kind}", **options)(function) for kind in kinds]
        return Kernel(dict(itertools.chain.from_iterable(one.variants.items() for one in made)))

    return decorate


def _with(function: Function, arity: int, with_frame: bool) -> Function:
    """The function with the frame and the step before its arguments, whether it wants them or not."""
    if with_frame:
        return function
    return inline(_FRAMELESS[arity](function))


_FRAMELESS: dict[int, Callable[[Function], Function]] = {
    1: lambda function: lambda frame, step, a: function(a),
    2: lambda function: lambda frame, step, a, b: function(a, b),
    3: lambda function: lambda frame, step, a, b, c: function(a, b, c),
    4: lambda function: lambda frame, step, a, b, c, d: function(a, b, c, d),
}


def _one(readers: Any, function: Any, write: Any, miss: Any, more: bool) -> Function:
    ((read_a, absent_a),) = readers

    def loop(frame: Any, step: Any) -> None:
        count = size_of_result(frame, step)
        a = argument(frame, step, 0)
        a_data, a_more, a_step = a[DATA], a[MORE], a[STEP]
        out = new_values(frame, step, count, more)
        data, more_data = out[DATA], out[MORE]
        for at in range(count):
            a_at = at * a_step
            if absent_a(a_data, a_more, a_at):
                miss(data, more_data, at)
            else:
                write(data, more_data, at, function(frame, step, read_a(a_data, a_more, a_at)))

    return loop


def _two(readers: Any, function: Any, write: Any, miss: Any, more: bool) -> Function:
    (read_a, absent_a), (read_b, absent_b) = readers

    def loop(frame: Any, step: Any) -> None:
        count = size_of_result(frame, step)
        a, b = argument(frame, step, 0), argument(frame, step, 1)
        a_data, a_more, a_step = a[DATA], a[MORE], a[STEP]
        b_data, b_more, b_step = b[DATA], b[MORE], b[STEP]
        out = new_values(frame, step, count, more)
        data, more_data = out[DATA], out[MORE]
        if b_step == 0 and a_step == 1:  # with a constant, which the compiler need not read again and again
            gone, constant = absent_b(b_data, b_more, 0), read_b(b_data, b_more, 0)
            for at in range(count):
                if gone or absent_a(a_data, a_more, at):
                    miss(data, more_data, at)
                else:
                    write(data, more_data, at, function(frame, step, read_a(a_data, a_more, at), constant))
            return
        for at in range(count):
            a_at, b_at = at * a_step, at * b_step
            if absent_a(a_data, a_more, a_at) or absent_b(b_data, b_more, b_at):
                miss(data, more_data, at)
            else:
                write(data, more_data, at, function(frame, step, read_a(a_data, a_more, a_at), read_b(b_data, b_more, b_at)))

    return loop


def _three(readers: Any, function: Any, write: Any, miss: Any, more: bool) -> Function:
    (read_a, absent_a), (read_b, absent_b), (read_c, absent_c) = readers

    def loop(frame: Any, step: Any) -> None:
        count = size_of_result(frame, step)
        a, b, c = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2)
        a_data, a_more, a_step = a[DATA], a[MORE], a[STEP]
        b_data, b_more, b_step = b[DATA], b[MORE], b[STEP]
        c_data, c_more, c_step = c[DATA], c[MORE], c[STEP]
        out = new_values(frame, step, count, more)
        data, more_data = out[DATA], out[MORE]
        for at in range(count):
            a_at, b_at, c_at = at * a_step, at * b_step, at * c_step
            if absent_a(a_data, a_more, a_at) or absent_b(b_data, b_more, b_at) or absent_c(c_data, c_more, c_at):
                miss(data, more_data, at)
            else:
                value = function(frame, step, read_a(a_data, a_more, a_at), read_b(b_data, b_more, b_at), read_c(c_data, c_more, c_at))
                write(data, more_data, at, value)

    return loop


def _four(readers: Any, function: Any, write: Any, miss: Any, more: bool) -> Function:
    (read_a, absent_a), (read_b, absent_b), (read_c, absent_c), (read_d, absent_d) = readers

    def loop(frame: Any, step: Any) -> None:
        count = size_of_result(frame, step)
        a, b, c, d = argument(frame, step, 0), argument(frame, step, 1), argument(frame, step, 2), argument(frame, step, 3)
        a_data, a_more, a_step = a[DATA], a[MORE], a[STEP]
        b_data, b_more, b_step = b[DATA], b[MORE], b[STEP]
        c_data, c_more, c_step = c[DATA], c[MORE], c[STEP]
        d_data, d_more, d_step = d[DATA], d[MORE], d[STEP]
        out = new_values(frame, step, count, more)
        data, more_data = out[DATA], out[MORE]
        for at in range(count):
            a_at, b_at, c_at, d_at = at * a_step, at * b_step, at * c_step, at * d_step
            if (
                absent_a(a_data, a_more, a_at)
                or absent_b(b_data, b_more, b_at)
                or absent_c(c_data, c_more, c_at)
                or absent_d(d_data, d_more, d_at)
            ):
                miss(data, more_data, at)
            else:
                value = function(
                    frame,
                    step,
                    read_a(a_data, a_more, a_at),
                    read_b(b_data, b_more, b_at),
                    read_c(c_data, c_more, c_at),
                    read_d(d_data, d_more, d_at),
                )
                write(data, more_data, at, value)

    return loop


_LOOPS: dict[int, Callable[[Any, Any, Any, Any, bool], Function]] = {1: _one, 2: _two, 3: _three, 4: _four}
