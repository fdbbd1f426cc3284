"""Kernels of lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from feature_dsl.kernels import bytes as loops
from feature_dsl.kernels.arithmetic import finite
from feature_dsl.kernels.columns import Call, Column, Floats, Ints, Lists, Texts, broadcast, offsets_of, slices
from feature_dsl.kernels.logic import concatenate, select
from feature_dsl.kernels.reductions import extreme_floats, extreme_ints, sum_floats, sum_ints


def array(call: Call) -> Lists:
    columns = [broadcast(column, call.size) for column in call.args]
    width = len(columns)
    together: Any = reduce(concatenate, columns)
    order = (np.arange(call.size)[:, None] + np.arange(width)[None, :] * call.size).ravel()
    return Lists(np.arange(call.size + 1, dtype=np.int64) * width, together.take(order))


def get(call: Call) -> Column:
    values, index = call.args
    lists, places = broadcast(values, call.size), broadcast(index, call.size)
    assert isinstance(lists, Lists) and isinstance(places, Ints)
    inside = (places.values >= 0) & (places.values < lists.lengths()) & ~places.missing()
    return lists.child.take(np.where(inside, lists.offsets[:-1] + places.values, -1))


def take_first(call: Call) -> Lists:
    values, most = call.args[0], call.constants[1]
    assert isinstance(most, int)
    lengths = values.lengths()
    if len(lengths) == 0 or lengths.max() <= most:
        assert isinstance(values, Lists)
        return values
    return slices(values.offsets[:-1], np.minimum(lengths, most), values.child)


def drop_missing(call: Call) -> Lists:
    (values,) = call.args
    present = ~values.child.missing()
    if present.all():
        assert isinstance(values, Lists)
        return values
    counts = np.empty(values.size, np.int64)
    loops.count_true(present, values.offsets, counts)
    return Lists(offsets_of(counts), values.child.take(np.flatnonzero(present)))


def pad(call: Call) -> Lists:
    values, length = call.args[0], call.constants[1]
    assert isinstance(length, int)
    values, filler = broadcast(values, call.size), broadcast(call.args[2], call.size)
    assert isinstance(values, Lists) and not isinstance(filler, Lists)
    places = np.arange(length)[None, :]
    elements = np.where(places < values.lengths()[:, None], values.offsets[:-1, None] + places, -1).ravel()
    taken = values.child.take(elements)
    missing = taken.missing()
    if missing.any():
        chosen = select(~missing, taken, filler.take(np.repeat(np.arange(call.size), length)), len(missing))
        assert not isinstance(chosen, Lists)
        taken = chosen
    return Lists(np.arange(call.size + 1, dtype=np.int64) * length, taken)


def length(call: Call) -> Ints:
    (value,) = call.args
    if isinstance(value, Texts):
        out = np.empty(value.size, np.int64)
        loops.code_points(value.starts, value.lengths, value.data, out)
        return Ints(out)
    return Ints(value.lengths())


def _child_values(values: Lists) -> Any:
    assert isinstance(values.child, Ints | Floats)
    return np.ascontiguousarray(values.child.values)


def list_sum(call: Call) -> Ints | Floats:
    (values,) = call.args
    if isinstance(values.child, Floats):
        out, counts = np.empty(values.size), np.empty(values.size, np.int64)
        sum_floats(_child_values(values), values.offsets, out, counts)
        return finite(np.where(counts > 0, out, np.nan))
    total, missing = np.empty(values.size, np.int64), np.empty(values.size, np.bool_)
    sum_ints(_child_values(values), values.child.missing(), values.offsets, total, missing)
    return Ints(total, missing)


def list_mean(call: Call) -> Floats:
    (values,) = call.args
    out, counts = np.empty(values.size), np.empty(values.size, np.int64)
    sum_floats(_child_values(values), values.offsets, out, counts)
    with np.errstate(all="ignore"):
        return finite(out / counts)


def _extreme(sign: int) -> Callable[[Call], Ints | Floats]:
    def kernel(call: Call) -> Ints | Floats:
        (values,) = call.args
        if isinstance(values.child, Floats):
            out = np.empty(values.size)
            extreme_floats(_child_values(values), values.offsets, sign, out)
            return finite(out)
        best, missing = np.empty(values.size, np.int64), np.empty(values.size, np.bool_)
        extreme_ints(_child_values(values), values.child.missing(), values.offsets, sign, best, missing)
        return Ints(best, missing)

    return kernel


list_min = _extreme(-1)
list_max = _extreme(1)
