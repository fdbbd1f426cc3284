"""The side of a shared look-up that has the batch: which ids it asks of whom, and the gradients that it sends back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Floats
from mlp_train.tables.columns import Column
from mlp_train.tables.kernels import dealing
from mlp_train.tables.kernels import segments as fields
from mlp_train.tables.storage import Words, address
from mlp_train.tables.threads import Threads

if TYPE_CHECKING:
    from mlp_train.tables.sharded import Exchange
    from mlp_train.tables.store import Plan

Array = npt.NDArray[Any]
Marks = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Asked:
    """The distinct ids of a batch, by part and table. ids: (n, 1), or with growing tables (n, 2): with how often each is there; send,
    receive: (parts, tables) how many this process asks for, and is asked for; spans, zeros: see the kernels.
    """

    ids: Words
    send: Words
    receive: Words
    spans: Words
    zeros: Words


class Asking:
    """Asks for the rows of batches. outside: by column, ids outside their fixed table."""

    def __init__(self, plan: Plan, columns: Sequence[Column], threads: Threads, exchange: Exchange) -> None:
        self.outside: dict[str, int] = {}
        self._columns, self._threads, self._exchange, self._parts = columns, threads, exchange, plan.part.count
        self._sizes = np.array([-1 if size is None else size for size in plan.sizes.values()], dtype=np.int64)
        numbers, of_columns = np.arange(self._sizes.size), np.array([column.table for column in columns], dtype=np.int64)
        self._spans = np.zeros((self._sizes.size, dealing.SPANS), dtype=np.int64)
        self._spans[:, dealing.FIRST] = np.searchsorted(of_columns, numbers)
        self._spans[:, dealing.STOP] = np.searchsorted(of_columns, numbers, side="right")
        self._growing = np.flatnonzero(self._sizes < 0)
        self._mine = [numbers[part :: threads.count].copy() for part in range(threads.count)]
        self._marks: list[Marks] = [np.empty(0, dtype=np.int32)] * threads.count

    def ask(self, segments: Words, said: int) -> tuple[Asked, Words]:
        """Ids to ask for, and how many others ask for here; and the numbers that all parts have said. ROWS become places in `ids`."""
        parts, tables, threads = self._parts, self._sizes.size, self._threads
        counts = np.bincount(segments[:, fields.TABLE], segments[:, fields.COUNT], tables).astype(np.int64)
        self._provide(int(counts.max(initial=0)))
        spans = self._spans.copy()
        # A growing table has id 0 beside those of its places.
        spans[:, dealing.START] = np.cumsum(counts + 1) - counts - 1
        most = int(counts.sum()) + tables
        ids, times, owners = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int32)
        numbers, outside = np.zeros((parts, tables), np.int64), np.zeros(len(segments), np.int64)
        sizes, mine = self._sizes, self._mine
        threads.run(
            lambda part: dealing.find_distinct(
                segments, mine[part], spans, sizes, parts, self._marks[part], ids, times, owners, numbers, outside
            )
        )
        self._count_outside(outside)
        sent = np.concatenate([numbers, np.full((parts, 1), said)], axis=1)
        received: Words = self._exchange(sent, [1] * parts, [1] * parts)
        total = int(numbers.sum())
        nexts = (np.cumsum(numbers) - numbers.ravel()).reshape(numbers.shape)
        found, zeros = numbers.sum(axis=0), np.empty(tables, np.int64)
        asked = np.empty((total, 2 if self._growing.size else 1), np.int64)
        threads.run(lambda part: dealing.ask(segments, mine[part], spans, sizes, parts, found, ids, times, owners, nexts, asked, zeros))
        return Asked(asked, numbers, np.ascontiguousarray(received[:, :-1]), spans, zeros), received[:, -1]

    def move_refused(self, segments: Words, asked: Asked, refused: Words) -> None:
        """Give places of ids that had no row yet row 0. refused: (n,) by place in `asked.ids`, how many of the id's first places."""
        dealing.move_refused(segments, self._growing, asked.spans, asked.zeros, refused)

    def sum_up(self, segments: Words, asked: Asked, width: int) -> tuple[Floats, npt.NDArray[np.uint8]]:
        """The gradients of the rows asked for, summed over their places and divided by the number of parts, and which of them have one.

        segments: VECTORS are gradients.
        """
        count, threads, factor = len(asked.ids), self._threads, np.float32(1) / np.float32(self._parts)
        sums, touched = np.empty((count, width), np.float32), np.zeros(count, np.uint8)
        target = address(sums)
        threads.run(lambda part: dealing.sum_gradients(segments, self._mine[part], asked.spans, width, factor, target, touched))
        if self._growing.size:
            dealing.clear_untouched(target, width, touched)
        return sums, touched

    def _provide(self, places: int) -> None:
        bits = max(6, (2 * places + 1).bit_length())
        if self._marks[0].size < 1 << bits:
            self._marks = [np.empty(1 << bits, np.int32) for _ in range(self._threads.count)]

    def _count_outside(self, outside: Words) -> None:
        for at in np.flatnonzero(outside).tolist():
            name = self._columns[at].name
            self.outside[name] = self.outside.get(name, 0) + int(outside[at])
