"""Kernels of logic and choice."""

from __future__ import annotations

from typing import Any

import numpy as np

from feature_dsl.kernels.columns import (
    BoolArray,
    Bools,
    Call,
    Column,
    Floats,
    IntArray,
    Ints,
    Lists,
    Texts,
    broadcast,
    slices,
)


def both(call: Call) -> Bools:
    """A missing bool's value is False, so masks need no look."""
    return Bools(call.args[0].values & call.args[1].values)


def either(call: Call) -> Bools:
    return Bools(call.args[0].values | call.args[1].values)


def negate(call: Call) -> Bools:
    return Bools(~call.args[0].values)


def choose(call: Call) -> Column:
    """Rows of the second where the first is true, else of the third."""
    return select(call.args[0].values, call.args[1], call.args[2], call.size)


def coalesce(call: Call) -> Column:
    value, other = call.args
    missing = value.missing()
    return broadcast(value, call.size) if not missing.any() else select(~missing, value, other, call.size)


def select(condition: BoolArray, yes: Any, no: Any, size: int) -> Column:
    """Row by row ``yes`` where ``condition``, else ``no``; all have ``size`` rows or one."""
    if isinstance(yes, Floats):
        return Floats(_grown(np.where(condition, yes.values, no.values), size))
    if isinstance(yes, Ints | Bools):
        values = _grown(np.where(condition, yes.values, no.values), size)
        if yes.mask is None and no.mask is None:
            return type(yes)(values)
        return type(yes)(values, _grown(np.where(condition, yes.missing(), no.missing()), size))
    yes, no = broadcast(yes, size), broadcast(no, size)
    if isinstance(yes, Texts):
        data, shift = join_bytes(yes.data, no.data)
        starts = np.where(condition, yes.starts, no.starts + shift)
        return Texts(starts, np.where(condition, yes.lengths, no.lengths), data)
    assert isinstance(yes, Lists)
    child = concatenate(yes.child, no.child)
    starts = np.where(condition, yes.offsets[:-1], no.offsets[:-1] + yes.child.size)
    return slices(starts, np.where(condition, yes.lengths(), no.lengths()), child)


def _grown(values: Any, size: int) -> Any:
    return values if len(values) == size else np.repeat(values, size)


def join_bytes(first: Any, second: Any) -> tuple[Any, int]:
    """One buffer with both, and where the second begins."""
    if first is second:
        return first, 0
    return np.concatenate([first, second]), len(first)


def concatenate(first: Any, second: Any) -> Any:
    """The rows of two scalar columns of one type, one after another."""
    if isinstance(first, Texts):
        data, shift = join_bytes(first.data, second.data)
        starts: IntArray = np.concatenate([first.starts, second.starts + shift])
        return Texts(starts, np.concatenate([first.lengths, second.lengths]), data)
    values = np.concatenate([first.values, second.values])
    if isinstance(first, Floats):
        return Floats(values)
    if first.mask is None and second.mask is None:
        return type(first)(values)
    return type(first)(values, np.concatenate([first.missing(), second.missing()]))
