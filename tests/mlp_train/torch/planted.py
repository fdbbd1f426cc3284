"""Small data with planted signals, as batches of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Lists
from mlp_train.shape import Column, Shape


@dataclass(frozen=True)
class Rows:
    """Columns of a small data set, in the order of `shape`: ids (n,), lists of them, floats (n,); labels (n, tasks)."""

    shape: Shape
    columns: Mapping[str, Any]
    labels: npt.NDArray[np.float32]

    @property
    def count(self) -> int:
        return len(self.labels)

    @property
    def sizes(self) -> dict[str, int | None]:
        """Rows of each table: all ids that are there."""
        largest: dict[str, int | None] = {}
        for column in self.shape.columns:
            if column.table is not None:
                values = self.columns[column.name]
                ids = [i for row in values for i in row] if column.kind == "list" else values
                largest[column.table] = max(largest.get(column.table) or 1, max((int(i) for i in ids), default=0) + 1)
        return largest

    def take(self, places: npt.NDArray[np.int64]) -> Batch:
        """Some rows as a batch."""
        kinds: dict[str, list[Any]] = {"id": [], "list": [], "dense": []}
        for column in self.shape.columns:
            values = self.columns[column.name]
            kinds[column.kind].append([values[i] for i in places] if column.kind == "list" else np.asarray(values)[places])
        n = len(places)
        return Batch(
            ids=np.stack(kinds["id"], axis=1).astype(np.int64) if kinds["id"] else np.zeros((n, 0), np.int64),
            lists=tuple(_lists(rows) for rows in kinds["list"]),
            dense=np.stack(kinds["dense"], axis=1).astype(np.float32) if kinds["dense"] else np.zeros((n, 0), np.float32),
            labels=np.ascontiguousarray(self.labels[places]),
        )

    def split(self, train: int) -> tuple[Rows, Rows]:
        """The first rows and the others."""
        parts = slice(0, train), slice(train, self.count)
        first, rest = ({name: values[part] for name, values in self.columns.items()} for part in parts)
        return replace(self, columns=first, labels=self.labels[:train]), replace(self, columns=rest, labels=self.labels[train:])


def _lists(rows: list[list[int]]) -> Lists:
    offsets = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    return Lists(np.array([i for row in rows for i in row], dtype=np.int64), offsets)


def crossed(count: int = 4000) -> Rows:
    """Two labels that no weight per value can tell: whether `a` and `b` are both even or odd; and, if so, `b` and `c`."""
    rng = np.random.default_rng(1)
    a, b, c = (rng.integers(1, 9, count) for _ in range(3))
    click = rng.random(count) < np.where(a % 2 == b % 2, 0.95, 0.05)
    buy = click & (rng.random(count) < np.where(b % 2 == c % 2, 0.9, 0.1))
    columns = {
        "a": a,
        "b": b,
        "c": c,
        "tags": [rng.integers(0, 5, length).tolist() for length in rng.integers(0, 4, count)],
        "price": rng.normal(size=count).astype(np.float32),
    }
    kinds = tuple(Column(name, "id", name, ("user",) if name == "a" else ("item",)) for name in ("a", "b", "c"))
    shape = Shape((*kinds, Column("tags", "list", "tags", ("user",)), Column("price", "dense", None, ("item",))), ("click", "buy"))
    return Rows(shape, columns, np.stack([click, buy], axis=1).astype(np.float32))


def collections(count: int) -> Rows:
    """What a user has met, in any order, and an item of one of 20 kinds: the label is mostly whether its kind has been met."""
    rng = np.random.default_rng(2)
    target = rng.integers(1, 60, count)
    seen = [rng.integers(1, 60, length).tolist() for length in rng.integers(0, 16, count)]
    met = np.array([any(each % 20 == item % 20 for each in row) for row, item in zip(seen, target, strict=True)])
    return _histories(target, seen, rng.random(count) < np.where(met, 0.95, 0.05))


def drifts(count: int) -> Rows:
    """Interests that last for some items and give way to others: the label is mostly whether the item is of the latest kind."""
    rng = np.random.default_rng(2)
    kinds, each = 8, 5
    seen, target, label = [], [], []
    for length in rng.integers(2, 13, count):
        turns = rng.random(length) < 0.25
        path = rng.integers(0, kinds, length)[np.maximum.accumulate(np.where(turns, np.arange(length), 0))]
        like = rng.random() < 0.5
        others = path[path != path[-1]]
        asked = path[-1] if like else rng.choice(others) if len(others) else (path[-1] + rng.integers(1, kinds)) % kinds
        seen.append((path + kinds * rng.integers(0, each, length)).tolist())
        target.append(asked + kinds * rng.integers(0, each))
        label.append(rng.random() < (0.95 if like else 0.05))
    return _histories(np.array(target), seen, np.array(label))


def _histories(target: npt.NDArray[np.int64], seen: list[list[int]], label: npt.NDArray[np.bool_]) -> Rows:
    shape = Shape((Column("item", "id", "item"), Column("seen", "list", "item")))
    return Rows(shape, {"item": target, "seen": seen}, label[:, None].astype(np.float32))


def visits(users: int = 200, items: int = 300, each: int = 20) -> Rows:
    """Users of 8 tastes, each of which has met items of that taste, popular ones far more often."""
    rng = np.random.default_rng(3)
    chances = 1 / np.arange(1, items + 1)
    user, item = [], []
    for person in range(users):
        mine = np.flatnonzero(np.arange(items) % 8 == person % 8)
        chosen = rng.choice(mine, size=each, replace=False, p=chances[mine] / chances[mine].sum())
        user += [person] * each
        item += chosen.tolist()
    order = rng.permutation(len(user))
    shape = Shape((Column("user", "id", "user", ("user",)), Column("item", "id", "item", ("item",))))
    columns = {"user": np.array(user)[order], "item": np.array(item)[order]}
    return Rows(shape, columns, np.ones((len(user), 1), np.float32))
