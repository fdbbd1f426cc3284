"""The rows of all tables of a model, or one process's part of them: found by id, changed by the optimizer, saved and taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Floats, Ids
from mlp_train.tables.columns import Column
from mlp_train.tables.dealing import WHOLE, Part
from mlp_train.tables.fixed import FixedTable
from mlp_train.tables.growing import Growing, GrowingTable
from mlp_train.tables.kernels import segments as fields
from mlp_train.tables.kernels.filling import fill
from mlp_train.tables.kernels.updating import BLOCK, BLOCKS, LINKS, NUMBERS, updater
from mlp_train.tables.locating import Locator
from mlp_train.tables.optimizers import RowOptimizer
from mlp_train.tables.storage import VALUES, Storage, Words
from mlp_train.tables.threads import Threads, split

Array = npt.NDArray[Any]
STEP = "tables/step"


@dataclass(frozen=True)
class Plan:
    """What tables are made of. sizes: rows by table, None for one that grows; deviation: (width,) of first values; rules: of growing
    tables, by name; part: the rows that this process holds.
    """

    sizes: Mapping[str, int | None]
    deviation: Floats
    optimizer: RowOptimizer
    seed: int
    threads: int = 1
    rules: Mapping[str, Growing] = field(default_factory=dict)
    part: Part = WHOLE


class Store:
    """Tables of one width in one fused array, with their optimizer's slots.

    step: how many updates there were; part: the rows that are here.
    """

    def __init__(self, plan: Plan) -> None:
        self.width, self.optimizer, self.step, self.part = int(plan.deviation.size), plan.optimizer, 0, plan.part
        self.threads, self._deviation = Threads(plan.threads), plan.deviation.astype(np.float64)
        first, second = (*plan.optimizer.slot_widths(self.width), 0, 0)[:2]
        rows = sum(plan.part.rows(size or 0) for size in plan.sizes.values())
        self.storage = Storage(rows, (self.width, first, second))
        self._planes = dict(zip((VALUES, *plan.optimizer.slots), self.storage.planes, strict=False))
        seeds = {name: table_seed(plan.seed, name) for name in plan.sizes}
        self._locator = Locator(plan.sizes, plan.rules, seeds, self.storage, plan.part)
        for name in plan.sizes:
            self._fill(name, seeds[name])
        self._update, self._scratch = updater(plan.optimizer.name), [_scratch(self.width, 0)] * plan.threads

    @property
    def names(self) -> tuple[str, ...]:
        """Of the tables."""
        return tuple(self._locator.tables)

    @property
    def outside(self) -> dict[str, int]:
        """By column: how many ids were outside their fixed table."""
        return self._locator.outside

    @property
    def evictions(self) -> int:
        """How often row numbers have changed their meaning."""
        return self._locator.evictions

    @property
    def growing(self) -> tuple[GrowingTable, ...]:
        """The tables that grow, in the order of their numbers."""
        return tuple(self._locator.growing.values())

    def locate(self, segments: Words, columns: Sequence[Column], learn: bool) -> None:
        """Write the row numbers of all places. learn: growing tables take notice of the ids; columns: one for each segment."""
        self._locator.locate(segments, columns, self._deviation, self.step + 1, learn, self.threads)

    def apply(self, segments: Words, rate: float) -> None:
        """One step of the optimizer on the rows of these places, VECTORS being their gradients; those of a table are next to each other."""
        self.step += 1
        settings = np.array(self.optimizer.numbers(rate, self.step), dtype=np.float32)
        work = split(segments[:, fields.TABLE], segments[:, fields.COUNT], self.threads.count)
        most = max(int(tasks[:, 2].max(initial=0)) for tasks in work)
        if most > self._scratch[0][-2].size:
            self._scratch = [_scratch(self.width, most) for _ in range(self.threads.count)]
        pages, widths = self.storage.pages, self.storage.widths
        self.threads.run(lambda part: self._update(work[part], segments, *pages, widths, settings, *self._scratch[part]))
        for table in self._locator.growing.values():
            table.evict()

    def values(self, name: str) -> Floats:
        """The rows of a table that are here, (rows, width): a view of a fixed one's, for a growing one a copy, row 0 first."""
        return self._locator.tables[name].values(self._planes[VALUES])

    def keys(self, name: str) -> Ids | None:
        """The ids whose rows `values` gives, in that order (the first is 0); None for a fixed table, where they follow from the part."""
        return self._locator.tables[name].keys()

    def state(self) -> dict[str, Array]:
        """`table/<name>`: values; `table/<name>/<slot>`: the optimizer's, views for fixed tables; `tables/step`: how many steps there were.

        A growing table gives copies, ordered by id, its `keys`, and what its rule needs: `marks`, `waiting`.
        """
        found: dict[str, Array] = {STEP: np.array([self.step], dtype=np.int64)}
        for name, table in self._locator.tables.items():
            found |= {_join(name, key): value for key, value in table.state(self._planes).items()}
        return found

    def load(self, *states: Mapping[str, Array]) -> list[str]:
        """Take the entries of a whole `state()` by name, or of the states of all parts in order, however many there were; returns the names
        of those taken. A table takes rows as wide as its own.

        A fixed table takes as many rows as both have and keeps its others; a growing one takes keys and values, or nothing.
        """
        taken = []
        for name, table in self._locator.tables.items():
            taken += [_join(name, key) for key in table.load([_of_table(state, name) for state in states], self._planes)]
        if STEP in states[0]:
            self.step = int(states[0][STEP][0])
            taken.append(STEP)
        return taken

    def _fill(self, name: str, seed: np.uint64) -> None:
        """Give a table its first rows: all of a fixed one, row 0 of a growing one."""
        table, pages, threads, part = self._locator.tables[name], self.storage.pages[0], self.threads, self.part
        if isinstance(table, FixedTable):
            base, size, first, step = table.base, table.size, part.number, part.count
        else:
            base, size, first, step = table.shared, 1, 0, 1
        threads.run(lambda at: fill(pages, self.width, base, *threads.share(size, at), first, step, seed, self._deviation))


def table_seed(seed: int, name: str) -> np.uint64:
    """The seed of a table's first rows."""
    return np.uint64(int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest(), "little"))


def _of_table(state: Mapping[str, Array], name: str) -> dict[str, Array]:
    prefix = _join(name, "")
    return {key[len(prefix) :].removeprefix("/"): state[key] for key in state if key == prefix or key.startswith(prefix + "/")}


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
