"""From a batch's ids to row numbers, in all tables, by several threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mlp_train.tables.columns import Column
from mlp_train.tables.dealing import Part
from mlp_train.tables.fixed import FixedTable
from mlp_train.tables.growing import Growing, GrowingTable
from mlp_train.tables.kernels import controls as fields
from mlp_train.tables.kernels.gathering import locate_fixed
from mlp_train.tables.kernels.growing import locate_growing
from mlp_train.tables.storage import Storage, Words
from mlp_train.tables.threads import Threads

Doubles = npt.NDArray[np.float64]


class Locator:
    """Knows all tables. tables: by name, in the order of their numbers; outside: see `Tables`."""

    def __init__(
        self, sizes: Mapping[str, int | None], rules: Mapping[str, Growing], seeds: Mapping[str, np.uint64], storage: Storage, part: Part
    ) -> None:
        self.tables: dict[str, FixedTable | GrowingTable] = {}
        self.outside: dict[str, int] = {}
        self._storage = storage
        self._sizes = np.array([-1 if size is None else part.rows(size) for size in sizes.values()], dtype=np.int64)
        self._bases = np.cumsum(np.maximum(self._sizes, 0)) - np.maximum(self._sizes, 0)
        self._controls = np.zeros((len(sizes), fields.FIELDS), dtype=np.int64)
        for at, (name, size) in enumerate(sizes.items()):
            if size is None:
                self.tables[name] = GrowingTable(rules[name], storage, self._controls[at], seeds[name], part)
            else:
                self.tables[name] = FixedTable(int(self._bases[at]), int(self._sizes[at]), part)
        self.growing = {at: table for at, table in enumerate(self.tables.values()) if isinstance(table, GrowingTable)}

    @property
    def evictions(self) -> int:
        """How often row numbers have changed their meaning."""
        return sum(table.evictions for table in self.growing.values())

    def locate(self, segments: Words, columns: Sequence[Column], deviation: Doubles, now: int, learn: bool, threads: Threads) -> None:
        """Write the row numbers of all places; count ids outside fixed tables.

        now: number of the step, from 1; learn: whether growing tables take notice of the ids.
        """
        outside = np.zeros(len(segments), dtype=np.int64)
        numbers = np.arange(len(self.tables))
        controls = self._controls
        controls[:, fields.NOW], controls[:, fields.PLACE] = now, 0
        of_tables = np.array([column.table for column in columns], dtype=np.int64)
        controls[:, fields.SEGMENT] = np.searchsorted(of_tables, numbers)
        controls[:, fields.STOP] = np.searchsorted(of_tables, numbers, side="right")
        busy = np.array(list(self.growing), dtype=np.int64)

        def work(part: int) -> None:
            locate_fixed(segments, self._bases, self._sizes, outside, part, threads.count)
            mine = busy[part :: threads.count].copy()
            while locate_growing(segments, controls, mine, *self._storage.pages, self._storage.widths, deviation, learn):
                for table in mine[controls[mine, fields.NEED] != fields.NOTHING].tolist():
                    self.growing[table].serve()

        threads.run(work)
        for at in np.flatnonzero(outside).tolist():
            name = columns[at].name
            self.outside[name] = self.outside.get(name, 0) + int(outside[at])
