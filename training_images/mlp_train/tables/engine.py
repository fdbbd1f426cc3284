"""All embedding tables of a model: look-up for a batch, row-sparse update, state for checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Floats, Ids
from mlp_train.shape import Shape
from mlp_train.tables.columns import Places, columns_of, place, point
from mlp_train.tables.fixed import FixedTable
from mlp_train.tables.growing import Growing
from mlp_train.tables.kernels import segments as fields
from mlp_train.tables.kernels.filling import fill
from mlp_train.tables.kernels.gathering import gather
from mlp_train.tables.kernels.updating import BLOCK, BLOCKS, LINKS, NUMBERS, updater
from mlp_train.tables.locating import Locator
from mlp_train.tables.optimizers import RowOptimizer
from mlp_train.tables.storage import VALUES, Storage
from mlp_train.tables.threads import Threads, split

Array = npt.NDArray[Any]
STEP = "tables/step"


@dataclass(frozen=True)
class Embedded:
    """What a batch looks up. inputs: float32 arrays by the name of the network's input: pooled vectors, sequences and masks. The rest is
    the engine's own, for the update.
    """

    inputs: dict[str, Floats]
    places: Places = field(repr=False)
    learn: bool
    evictions: int


class Tables:
    """Embedding tables of one width in one fused array, with their optimizer's slots. Made by `make_tables`.

    step: how many updates there were; outside: by column, how many ids were outside their fixed table in all look-ups.
    """

    def __init__(
        self,
        shape: Shape,
        sizes: Mapping[str, int | None],
        deviation: Floats,
        optimizer: RowOptimizer,
        seed: int,
        threads: Threads,
        rules: Mapping[str, Growing],
    ) -> None:
        self.width, self.optimizer, self.step = int(deviation.size), optimizer, 0
        self._columns, self._threads, self._deviation = columns_of(shape, tuple(sizes)), threads, deviation.astype(np.float64)
        self._targets = tuple(dict.fromkeys(column.target for column in self._columns))
        first, second = (*optimizer.slot_widths(self.width), 0, 0)[:2]
        self._storage = Storage(sum(size or 0 for size in sizes.values()), (self.width, first, second))
        self._planes = dict(zip((VALUES, *optimizer.slots), self._storage.planes, strict=False))
        seeds = {name: table_seed(seed, name) for name in sizes}
        self._locator = Locator(sizes, rules, seeds, self._storage)
        for name in sizes:
            self._fill(name, seeds[name])
        self._update, self._scratch = updater(optimizer.name), [_scratch(self.width, 0)] * threads.count

    @property
    def names(self) -> tuple[str, ...]:
        """Of the tables."""
        return tuple(self._locator.tables)

    @property
    def outside(self) -> dict[str, int]:
        """By column: how many ids were outside their fixed table."""
        return self._locator.outside

    def look_up(self, batch: Batch, learn: bool = True) -> Embedded:
        """The inputs that hold embedding rows. learn: the batch is there to learn from, so growing tables count ids and admit new ones;
        otherwise nothing changes, and an id without a row is given row 0.

        Look up and update one batch after the other where growing tables have `max_rows`.
        Raises ValueError when the batch is not laid out as its class says.
        """
        places = place(batch, self._columns, self.width)
        self._locator.locate(places.segments, self._columns, self._deviation, self.step + 1, learn, self._threads)
        pages, threads = self._storage.pages[0], self._threads
        threads.run(lambda part: gather(places.segments, pages, self.width, *threads.share(batch.rows, part)))
        return Embedded(places.inputs, places, learn, self._locator.evictions)

    def update(self, embedded: Embedded, gradients: Mapping[str, Array], rate: float = 1.0) -> None:
        """One step of the optimizer on the rows of the batch. gradients: of the loss by each input with vectors, shaped like it.

        Raises ValueError when one is missing or has another shape, and when the rows are no longer those that were looked up.
        """
        if not embedded.learn or embedded.evictions != self._locator.evictions:
            why = "without `learn`" if not embedded.learn else "before rows changed hands"
            raise ValueError(f"the batch was looked up {why}; look it up to learn from it, and update before the next")
        arrays = {name: _gradient(embedded, gradients, name) for name in self._targets}
        segments = point(embedded.places.segments, self._columns, arrays)
        self.step += 1
        settings = np.array(self.optimizer.numbers(rate, self.step), dtype=np.float32)
        work = split(segments[:, fields.TABLE], segments[:, fields.COUNT], self._threads.count)
        most = max(int(tasks[:, 2].max(initial=0)) for tasks in work)
        if most > self._scratch[0][-2].size:
            self._scratch = [_scratch(self.width, most) for _ in range(self._threads.count)]
        pages, widths = self._storage.pages, self._storage.widths
        self._threads.run(lambda part: self._update(work[part], segments, *pages, widths, settings, *self._scratch[part]))
        for table in self._locator.growing.values():
            table.evict()

    def values(self, name: str) -> Floats:
        """The rows of a table, (rows, width): a view of a fixed one's, for a growing one a copy, row 0 first."""
        return self._locator.tables[name].values(self._planes[VALUES])

    def keys(self, name: str) -> Ids | None:
        """The ids whose rows `values` gives, in that order (the first is 0); None for a fixed table, where they are 0, 1, 2, …"""
        return self._locator.tables[name].keys()

    def state(self) -> dict[str, Array]:
        """`table/<name>`: values; `table/<name>/<slot>`: the optimizer's, views for fixed tables; `tables/step`: how many steps there were.

        A growing table gives copies, ordered by id, its `keys`, and what its rule needs: `marks`, `waiting`.
        """
        found: dict[str, Array] = {STEP: np.array([self.step], dtype=np.int64)}
        for name, table in self._locator.tables.items():
            found |= {_join(name, key): value for key, value in table.state(self._planes).items()}
        return found

    def load(self, state: Mapping[str, Array]) -> list[str]:
        """Take the entries of a `state()` by name, of tables with rows as wide; returns the names of those taken.

        A fixed table takes as many rows as both have and keeps its others; a growing one takes keys and values, or nothing.
        """
        taken = []
        for name, table in self._locator.tables.items():
            prefix = _join(name, "")
            mine = {
                key[len(prefix) :].removeprefix("/"): value for key, value in state.items() if key == prefix or key.startswith(prefix + "/")
            }
            taken += [_join(name, key) for key in table.load(mine, self._planes)]
        if STEP in state:
            self.step = int(state[STEP][0])
            taken.append(STEP)
        return taken

    def _fill(self, name: str, seed: np.uint64) -> None:
        """Give a table its first rows: all of a fixed one, row 0 of a growing one."""
        table, pages, threads = self._locator.tables[name], self._storage.pages[0], self._threads
        base, size = (table.base, table.size) if isinstance(table, FixedTable) else (table.shared, 1)
        threads.run(lambda part: fill(pages, self.width, base, *threads.share(size, part), seed, self._deviation))


def table_seed(seed: int, name: str) -> np.uint64:
    """The seed of a table's first rows."""
    return np.uint64(int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest(), "little"))


def _join(name: str, key: str) -> str:
    return f"table/{name}/{key}" if key else f"table/{name}"


def _scratch(width: int, places: int) -> tuple[Array, ...]:
    """What a thread notes down during an update of up to `places` places of a table."""
    return (
        np.empty(1 << max(6, (2 * places - 1).bit_length()), dtype=np.int32),
        np.empty((LINKS, places), dtype=np.int32),
        np.empty((NUMBERS, places), dtype=np.int64),
        np.empty(places, dtype=np.float32),
        np.empty((BLOCKS, max(BLOCK, width)), dtype=np.float32),
    )


def _gradient(embedded: Embedded, gradients: Mapping[str, Array], name: str) -> Floats:
    shape, gradient = embedded.inputs[name].shape, gradients.get(name)
    if gradient is None or gradient.shape != shape:
        raise ValueError(f"the gradient of {name!r} is {'missing' if gradient is None else gradient.shape}; the input is {shape}")
    return np.ascontiguousarray(gradient, dtype=np.float32)
