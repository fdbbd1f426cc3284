"""How a process looks up a batch to learn from it: in tables of its own, with others whose tables change in the same way, or in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Lists
from mlp_train.learner import Arrays, Inputs
from mlp_train.tables import ShardedTables, Tables
from mlp_train.training.tensors import Array

# All processes' arrays of one kind and width, in the order of their ranks, from this process's own: (rows, …), rows may differ.
Gather = Callable[[Array], list[npt.NDArray[Any]]]


@dataclass(frozen=True)
class LookedUp:
    """What a process learns a batch with. inputs: of its own rows; update: takes the gradients of these and the learning rate's factor;
    heard: the largest number that any process has said with this batch.
    """

    inputs: Inputs
    update: Callable[[Arrays, float], None]
    heard: int


class LookUp(Protocol):
    """Looks up a batch to learn it. said: a number that goes to all processes, which look up theirs at the same time."""

    def __call__(self, batch: Batch, said: int = 0) -> LookedUp:
        """Its rows."""


def alone(tables: Tables) -> LookUp:
    """The look-up of a process that trains alone."""

    def look_up(batch: Batch, said: int = 0) -> LookedUp:
        embedded = tables.look_up(batch)
        return LookedUp(embedded.inputs, partial(tables.update, embedded), said)

    return look_up


def sharded(tables: ShardedTables) -> LookUp:
    """The look-up of one process among several, each of which holds a part of the tables' rows."""

    def look_up(batch: Batch, said: int = 0) -> LookedUp:
        embedded = tables.look_up(batch, said=said)
        return LookedUp(embedded.inputs, partial(tables.update, embedded), embedded.heard)

    return look_up


def replicated(tables: Tables, gather: Gather, rank: int) -> LookUp:
    """The look-up of one process among several, each of which holds the tables whole.

    A step gathers the ids of all processes' batches, and then the gradients of their rows, which the processes' number divides (each
    one's loss is the mean over its own rows): so all replicas change in the same way, bit by bit.
    """

    def look_up(batch: Batch, said: int = 0) -> LookedUp:
        heard = max(int(word[0]) for word in gather(np.array([said])))
        ids = gather(batch.ids)
        before, rows = sum(len(each) for each in ids[:rank]), sum(len(each) for each in ids)
        lists = tuple(_joined(gather(each.ids), gather(np.diff(each.offsets))) for each in batch.lists)
        nothing = np.zeros((rows, 0), np.float32)
        whole = tables.look_up(Batch(np.concatenate(ids), lists, nothing, nothing))

        def update(gradients: Arrays, rate: float) -> None:
            combined = {name: np.concatenate(gather(gradients[name])) / np.float32(len(ids)) for name in sorted(gradients)}
            tables.update(whole, combined, rate)

        mine = slice(before, before + batch.rows)
        return LookedUp({name: np.ascontiguousarray(values[mine]) for name, values in whole.inputs.items()}, update, heard)

    return look_up


def _joined(ids: Sequence[npt.NDArray[Any]], lengths: Sequence[npt.NDArray[Any]]) -> Lists:
    counts = np.concatenate(lengths)
    offsets = np.zeros(counts.size + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return Lists(np.concatenate(ids), offsets)
