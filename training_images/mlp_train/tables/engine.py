"""All embedding tables of a model: look-up for a batch, row-sparse update, state for checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Floats
from mlp_train.shape import Shape
from mlp_train.tables.columns import Column, Places, columns_of, place, point
from mlp_train.tables.kernels import segments as fields
from mlp_train.tables.kernels.filling import fill
from mlp_train.tables.kernels.gathering import gather, locate_fixed
from mlp_train.tables.kernels.updating import BLOCK, BLOCKS, CHAINS, updater
from mlp_train.tables.optimizers import RowOptimizer
from mlp_train.tables.storage import Plane, plane
from mlp_train.tables.threads import Threads

Arrays = Mapping[str, npt.NDArray[np.generic]]
STEP = "tables/step"


@dataclass(frozen=True)
class Embedded:
    """What a batch looks up. inputs: float32 arrays by the name of the network's input, pooled vectors, sequences and masks; `places`
    are the engine's own, for the update.
    """

    inputs: dict[str, Floats]
    places: Places = field(repr=False)


class Tables:
    """Embedding tables of one width in one fused array, with their optimizer's slots. Made by `make_tables`."""

    def __init__(
        self, shape: Shape, sizes: Mapping[str, int], deviation: Floats, optimizer: RowOptimizer, seed: int, threads: Threads
    ) -> None:
        self.width, self.optimizer, self.step = int(deviation.size), optimizer, 0
        self.outside: dict[str, int] = {}
        self._names, self._sizes = tuple(sizes), np.array([*sizes.values()], dtype=np.int64)
        self._bases = np.cumsum(self._sizes) - self._sizes
        self._columns: tuple[Column, ...] = columns_of(shape, self._names)
        self._threads, self._deviation, self._seed = threads, deviation.astype(np.float64), seed
        total = int(self._sizes.sum())
        self._values = plane(total, self.width, zeros=False)
        widths = (*optimizer.slot_widths(self.width), 0, 0)[:2]
        self._slots = tuple(plane(total, width, zeros=True) for width in widths)
        self._update, self._scratch = updater(optimizer.name), [_scratch(self.width, 0) for _ in range(threads.count)]
        for name in self._names:
            self._fill(name)

    def look_up(self, batch: Batch, learn: bool = True) -> Embedded:
        """The inputs that hold embedding rows. learn: whether the batch is there to learn from.

        Raises ValueError when the batch is not laid out as its class says.
        """
        places = place(batch, self._columns, self.width)
        outside = np.zeros(len(self._columns), dtype=np.int64)
        self._threads.run(lambda part: locate_fixed(places.segments, self._bases, self._sizes, outside, part, self._threads.count))
        for at in np.flatnonzero(outside):
            name = self._columns[at].name
            self.outside[name] = self.outside.get(name, 0) + int(outside[at])
        self._threads.run(lambda part: gather(places.segments, self._values.pages, self.width, *self._share(batch.rows, part)))
        return Embedded(places.inputs, places)

    def update(self, embedded: Embedded, gradients: Arrays, rate: float = 1.0) -> None:
        """One step of the optimizer on the rows of the batch. gradients: of the loss by each input with vectors, shaped like it.

        Raises ValueError when one is missing or has another shape.
        """
        arrays = {column.target: _gradient(embedded, gradients, column.target) for column in self._columns}
        segments = point(embedded.places.segments, self._columns, arrays)
        self.step += 1
        numbers = np.array(self.optimizer.numbers(rate, self.step), dtype=np.float32)
        first, second = self._slots
        widths = np.array([self.width, first.width, second.width], dtype=np.int64)
        counts = np.bincount(segments[:, fields.TABLE], weights=segments[:, fields.COUNT])
        most = int(counts.max(initial=0))
        if most > self._scratch[0][1].shape[1]:
            self._scratch = [_scratch(self.width, most) for _ in range(self._threads.count)]
        self._threads.run(
            lambda part: self._update(
                segments, self._values.pages, first.pages, second.pages, widths, numbers, part, self._threads.count, *self._scratch[part]
            )
        )

    def values(self, name: str) -> Floats:
        """The rows of a table, (rows, width): a view."""
        return self._view(self._values, name)

    def keys(self, name: str) -> npt.NDArray[np.int64] | None:
        """The ids whose rows `values` gives, in that order; None for a fixed table, where they are 0, 1, 2, …"""
        return None

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """`table/<name>`: values; `table/<name>/<slot>`: the optimizer's, both views; `tables/step`: how many steps there were."""
        found: dict[str, npt.NDArray[np.generic]] = {STEP: np.array([self.step], dtype=np.int64)}
        for name in self._names:
            found[f"table/{name}"] = self.values(name)
            found |= {f"table/{name}/{slot}": self._view(plane, name) for slot, plane in self._named_slots()}
        return found

    def load(self, state: Arrays) -> list[str]:
        """Take the entries of `state()` whose name and shape fit; returns their names."""
        taken = []
        for name, target in self.state().items():
            if name in state and state[name].shape == target.shape:
                target[...] = state[name]
                taken.append(name)
        if STEP in taken:
            self.step = int(state[STEP][0])
        return taken

    def _named_slots(self) -> list[tuple[str, Plane]]:
        return list(zip(self.optimizer.slots, self._slots, strict=False))

    def _view(self, plane: Plane, name: str) -> Floats:
        table = self._names.index(name)
        base = int(self._bases[table])
        return plane.fixed[base : base + int(self._sizes[table])]

    def _fill(self, name: str) -> None:
        table = self._names.index(name)
        seed, base, size = table_seed(self._seed, name), int(self._bases[table]), int(self._sizes[table])
        self._threads.run(lambda part: fill(self._values.pages, self.width, 0, 0, base, *self._share(size, part), seed, self._deviation))

    def _share(self, count: int, part: int) -> tuple[int, int]:
        """The part's share of `count` things: first, and one past the last."""
        return count * part // self._threads.count, count * (part + 1) // self._threads.count


def table_seed(seed: int, name: str) -> np.uint64:
    """The seed of a table's first rows."""
    return np.uint64(int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest(), "little"))


def _scratch(width: int, places: int) -> tuple[npt.NDArray[Any], ...]:
    """What a thread notes down during an update of up to `places` places of a table."""
    return (
        np.empty(1 << max(6, (2 * places - 1).bit_length()), dtype=np.int32),
        np.empty((CHAINS, places), dtype=np.int64),
        np.empty(places, dtype=np.int64),
        np.empty(places, dtype=np.float32),
        np.empty((BLOCKS, max(BLOCK, width)), dtype=np.float32),
    )


def _gradient(embedded: Embedded, gradients: Arrays, name: str) -> Floats:
    shape, gradient = embedded.inputs[name].shape, gradients.get(name)
    if gradient is None or gradient.shape != shape:
        raise ValueError(f"the gradient of {name!r} is {'missing' if gradient is None else gradient.shape}; the input is {shape}")
    return np.ascontiguousarray(gradient, dtype=np.float32)
