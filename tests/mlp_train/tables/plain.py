"""The tables' meaning in plain Python: a dict of rows per table, one place after another."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Lists
from mlp_train.shape import Column, Shape
from mlp_train.tables import Embedded

Floats = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]

WIDTH = 5
DEVIATION = np.array([0.0, 0.5, 0.5, 0.25, 0.5], dtype=np.float32)
SHAPE = Shape(
    (
        Column("user", "id", "user"),
        Column("price", "dense"),
        Column("item", "id", "item"),
        Column("tags", "list", "tag"),
        Column("other", "id", "item"),
        Column("history", "list", "item"),
    ),
    sequences=("history",),
)
IDS, LISTS = ("user", "item", "item"), ("tag", "item")


def batch_of(ids: Sequence[Sequence[int]], lists: Sequence[Sequence[Sequence[int]]]) -> Batch:
    """A batch of SHAPE: ids and lists column by column."""
    rows = len(ids[0])
    return Batch(
        ids=np.array(ids, dtype=np.int64).T.copy(),
        lists=tuple(
            Lists(np.array([each for part in column for each in part], dtype=np.int64), np.cumsum([0, *map(len, column)], dtype=np.int64))
            for column in lists
        ),
        dense=np.zeros((rows, 1), dtype=np.float32),
        labels=np.zeros((rows, 1), dtype=np.float32),
    )


@dataclass(frozen=True)
class Place:
    """One id: its table, the vector of which input it adds to, and with which share."""

    table: str
    key: int
    target: str
    at: tuple[int, int]
    share: float


def places(batch: Batch) -> Iterator[Place]:
    """All ids of a batch, those of a table in the order that counts: column by column."""
    for column, table in enumerate(IDS):
        for row in range(batch.rows):
            yield Place(table, int(batch.ids[row, column]), "pooled", (row, column), 1.0)
    for table, lists, target in zip(LISTS, batch.lists, ("pooled", "sequence.history"), strict=True):
        for row in range(batch.rows):
            part = lists.ids[lists.offsets[row] : lists.offsets[row + 1]].tolist()
            for at, key in enumerate(part):
                share = 1 / len(part) if target == "pooled" else 1.0
                yield Place(table, key, target, (row, len(IDS) if target == "pooled" else at), share)


def inputs(batch: Batch, row_of: Callable[[str, int], Vector]) -> dict[str, Vector]:
    """What a look-up gives."""
    lengths = np.diff(batch.lists[1].offsets)
    longest = max(1, int(lengths.max(initial=0)))
    found = {
        "pooled": np.zeros((batch.rows, 4, WIDTH)),
        "sequence.history": np.zeros((batch.rows, longest, WIDTH)),
        "mask.history": (np.arange(longest) < lengths[:, None]).astype(np.float64),
    }
    for place in places(batch):
        found[place.target][place.at] += place.share * row_of(place.table, place.key)
    return found


def sums(batch: Batch, gradients: dict[str, Floats]) -> dict[tuple[str, int], Vector]:
    """The summed gradient of every row that the batch touches, by table and id as it stands in the batch."""
    found: dict[tuple[str, int], Vector] = {}
    for place in places(batch):
        key = (place.table, place.key)
        found[key] = found.get(key, np.zeros(WIDTH)) + place.share * gradients[place.target][place.at].astype(np.float64)
    return found


def first_value(seed: int, table: str, key: int, column: int) -> float:
    """A standard normal number: 64 bits of splitmix64 for Box and Muller."""

    def mix(value: int) -> int:
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
        return value ^ value >> 31

    start = int.from_bytes(hashlib.blake2b(f"{seed}:{table}".encode(), digest_size=8).digest(), "little") ^ mix(key % 2**64)
    bits = mix((start + (column + 1) * 0x9E3779B97F4A7C15) % 2**64)
    return math.sqrt(-2 * math.log(((bits >> 32) + 1) / 2**32)) * math.cos(2 * math.pi * (bits % 2**32) / 2**32)


def random_gradients(embedded: Embedded, seed: int) -> dict[str, Floats]:
    """Gradients for what was looked up."""
    random = np.random.default_rng(seed)
    return {name: random.normal(size=value.shape).astype(np.float32) for name, value in embedded.inputs.items() if "mask" not in name}
