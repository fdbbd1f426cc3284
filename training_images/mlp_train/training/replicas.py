"""How a process looks up a batch to learn from it: in tables of its own, with others whose tables change in the same way, or in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Lists
from mlp_train.learner import Arrays, Inputs
from mlp_train.tables import ShardedTables, Tables
from mlp_train.training.tensors import Array

# All processes' arrays of one kind and width, (rows, …), one after the other in the order of their ranks, and the rows of each.
Gather = Callable[[Array], tuple[npt.NDArray[Any], list[int]]]


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
        whole, counts, heard = _whole(batch, said, gather)
        embedded, before = tables.look_up(whole), sum(counts[:rank])

        def update(gradients: Arrays, rate: float) -> None:
            share = np.float32(1) / np.float32(len(counts))
            tables.update(
                embedded, {name: gather(np.multiply(gradients[name], share, dtype=np.float32))[0] for name in sorted(gradients)}, rate
            )

        mine = slice(before, before + batch.rows)
        return LookedUp({name: values[mine] for name, values in embedded.inputs.items()}, update, heard)

    return look_up


def _whole(batch: Batch, said: int, gather: Gather) -> tuple[Batch, list[int], int]:
    """The ids of all processes' batches as those of one, the rows of each, and the largest number that one has said; in one message."""
    lengths = [np.diff(each.offsets) for each in batch.lists]
    head = np.array([said, batch.rows, *(each.ids.size for each in batch.lists)], np.int64)
    lists = [part for each, counts in zip(batch.lists, lengths, strict=True) for part in (counts, each.ids)]
    words, sizes = gather(np.concatenate([head, batch.ids.ravel(), *lists]))
    messages = np.split(words, np.cumsum(sizes)[:-1])
    rows = [int(message[1]) for message in messages]
    found: list[list[npt.NDArray[Any]]] = []
    for message, count in zip(messages, rows, strict=True):
        pieces = [head.size, count * batch.ids.shape[1], *(size for values in message[2 : head.size].tolist() for size in (count, values))]
        found.append(np.split(message, np.cumsum(pieces)[:-1]))
    joined = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    nothing = np.zeros((sum(rows), 0), np.float32)
    together = tuple(Lists(ids, np.concatenate([[0], np.cumsum(counts)])) for counts, ids in zip(joined[2::2], joined[3::2], strict=True))
    heard = max(int(message[0]) for message in messages)
    return Batch(joined[1].reshape(-1, batch.ids.shape[1]), together, nothing, nothing), rows, heard
