"""The side of a shared look-up that has the rows: finds those that all parts ask for, and learns from the gradients that they send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Floats
from mlp_train.tables.columns import Column
from mlp_train.tables.kernels import segments as fields
from mlp_train.tables.kernels.moving import take
from mlp_train.tables.storage import Words, address

if TYPE_CHECKING:
    from mlp_train.tables.store import Plan, Store

Array = npt.NDArray[Any]
# Without `learn` all places of an id that has no row are refused.
_ALL = 2**40


@dataclass(frozen=True)
class Served:
    """What all parts have asked for. values: (n, width) rows, as they were asked for; rows: (n,) their numbers here; edges: where each
    part's ids of each table begin and end; refused: (n,) how many of an id's first places must do with row 0, None without growing tables.
    """

    values: Floats
    rows: Words
    edges: Words
    refused: Words | None


class Serving:
    """Serves the rows of a store to `plan.part.count` parts."""

    def __init__(self, store: Store, plan: Plan) -> None:
        parts, tables = plan.part.count, len(plan.sizes)
        self._store, self._growing = store, np.array([size is None for size in plan.sizes.values()])
        self._columns = tuple(Column(name, table, fields.ID, 0, "", 0) for table, name in enumerate(plan.sizes) for _ in range(parts))
        # Segments of one table stand next to each other, while ids come part by part.
        self._order = np.arange(parts * tables).reshape(parts, tables).T.ravel()
        self._tables = np.tile(np.arange(tables), parts)
        shared = [table.shared for table in store.growing]
        self._shared = np.full(tables, -1, dtype=np.int64)
        self._shared[self._growing] = shared
        # A row that nobody looks up: it takes the gradients of ids that have none.
        self._nobody = int(store.storage.page()[0]) if shared else -1

    def serve(self, ids: Words, counts: Words, learn: bool) -> Served:
        """The rows of ids from all parts. ids: as `Asked` has them; counts: (parts, tables)."""
        store, edges = self._store, np.concatenate([[0], np.cumsum(counts.ravel())])
        if not self._growing.any():
            keys = np.ascontiguousarray(ids[:, 0])
            rows, refused = self._locate(keys, edges, learn), None
        else:
            rows, refused = self._admit(ids, edges, learn)
        values = np.empty((len(ids), store.width), np.float32)
        target, threads, width = address(values), store.threads, store.width

        def work(part: int) -> None:
            first, last = threads.share(len(rows), part)
            take(store.storage.pages[0], width, rows[first:last], target + 4 * width * first)

        threads.run(work)
        return Served(values, rows, edges, refused)

    def learned(self, served: Served, gradients: Floats, touched: Array | None) -> Words:
        """The segments of an update. gradients: (n, width), as rows were asked for; touched: which of them count, all for None."""
        rows = served.rows
        if touched is not None:
            rows[touched == 0] = self._nobody
        segments = self._segments(served.edges, 0, rows)
        segments[:, fields.VECTORS] = address(gradients) + 4 * gradients.shape[1] * served.edges[:-1][self._order]
        segments[:, fields.VECTORS_STEP] = gradients.shape[1]
        return segments

    def _admit(self, ids: Words, edges: Words, learn: bool) -> tuple[Words, Words]:
        """The same where tables grow: every time that an id is there counts, one part's before the next one's."""
        of_table = np.repeat(self._tables, np.diff(edges))
        grows = self._growing[of_table]
        times = np.where(grows, np.maximum(ids[:, 1], 1), 1) if learn else np.ones(len(ids), np.int64)
        ends = np.cumsum(times)
        keys = np.repeat(ids[:, 0], times)
        located = self._locate(keys, np.concatenate([[0], ends])[edges], learn)
        missed = (located == np.repeat(self._shared[of_table], times)) & (keys != 0)
        refused = np.add.reduceat(missed, ends - times, dtype=np.int64) if len(ids) else np.zeros(0, np.int64)
        return located[ends - 1], refused if learn else refused * _ALL

    def _locate(self, keys: Words, edges: Words, learn: bool) -> Words:
        rows = np.empty(keys.size, np.int64)
        self._store.locate(self._segments(edges, address(keys), rows), self._columns, learn)
        return rows

    def _segments(self, edges: Words, ids: int, rows: Words) -> Words:
        segments = np.zeros((self._order.size, fields.FIELDS), np.int64)
        first = edges[:-1][self._order]
        segments[:, fields.TABLE], segments[:, fields.KIND] = self._tables[self._order], fields.ID
        segments[:, fields.COUNT] = np.diff(edges)[self._order]
        segments[:, fields.IDS], segments[:, fields.IDS_STEP] = ids + 8 * first, 1
        segments[:, fields.ROWS] = address(rows) + 8 * first
        return segments
