"""Embedding tables that several processes hold together, each a part of the rows.

A look-up asks for a batch's distinct ids, part by part, and gets their rows; pooling happens where the batch is. An update sends the
summed gradients of the same rows back, and their owner changes each row once: as one process does with all their batches in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Floats, Lists
from mlp_train.shape import Shape
from mlp_train.tables.asking import Asked, Asking
from mlp_train.tables.columns import columns_of, place, point
from mlp_train.tables.engine import Embedded, checked
from mlp_train.tables.kernels.gathering import gather
from mlp_train.tables.serving import Served, Serving
from mlp_train.tables.storage import pages_of
from mlp_train.tables.store import Plan, Store

Array = npt.NDArray[Any]
# exchange(rows, send, receive): the first send[0] rows go to part 0, the next send[1] to part 1, …; returns what all parts have sent
# here, in their order, receive[k] rows from part k. All parts call it at the same time, with arrays of one type and width.
Exchange = Callable[[Array, Sequence[int], Sequence[int]], Array]


@dataclass(frozen=True)
class EmbeddedTogether(Embedded):
    """What a batch looks up, with what was asked of others and what others have asked for. heard: the largest number said with it."""

    heard: int
    asked: Asked = field(repr=False)
    served: Served = field(repr=False)


class ShardedTables(Store):
    """Embedding tables of which this process holds a part. Made by `make_sharded_tables`; all parts look up and update at the same time."""

    def __init__(self, shape: Shape, plan: Plan, exchange: Exchange) -> None:
        super().__init__(plan)
        self._columns, self._exchange = columns_of(shape, self.names), exchange
        self._asking = Asking(plan, self._columns, self.threads, exchange)
        self._serving = Serving(self, plan)
        self.sizes = dict(plan.sizes)
        scalars, lists = (sum(column.kind == kind for column in shape.columns) for kind in ("id", "list"))
        none, nothing = Lists(np.zeros(0, np.int64), np.zeros(1, np.int64)), np.zeros((0, 0), np.float32)
        self._nothing = Batch(np.zeros((0, scalars), np.int64), (none,) * lists, nothing, nothing)

    @property
    def outside(self) -> dict[str, int]:
        """By column: how many ids of this process's batches were outside their fixed table."""
        return self._asking.outside

    def exchange(self, rows: Array, send: Sequence[int], receive: Sequence[int]) -> Array:
        """See `Exchange`."""
        return self._exchange(rows, send, receive)

    def look_up(self, batch: Batch, learn: bool = True, said: int = 0) -> EmbeddedTogether:
        """As `Tables.look_up`, of this process's batch, which may be empty; waits until all parts look up. said: goes to all of them."""
        places = place(batch, self._columns, self.width)
        asked, words = self._asking.ask(places.segments, said)
        send, receive = asked.send.sum(axis=1).tolist(), asked.receive.sum(axis=1).tolist()
        served = self._serving.serve(self._exchange(asked.ids, send, receive), asked.receive, learn)
        rows: Floats = self._exchange(served.values, receive, send)
        if served.refused is not None:
            self._asking.move_refused(places.segments, asked, self._exchange(served.refused, receive, send))
        pages, threads = pages_of(rows), self.threads
        threads.run(lambda part: gather(places.segments, pages, self.width, *threads.share(batch.rows, part)))
        return EmbeddedTogether(places.inputs, places, learn, self.evictions, int(words.max()), asked, served)

    def serve(self, count: int) -> None:
        """Take part in `count` look-ups of other parts' rows that nobody learns from."""
        for _ in range(count):
            self.look_up(self._nothing, learn=False)

    def update(self, embedded: EmbeddedTogether, gradients: Mapping[str, Array], rate: float = 1.0) -> None:
        """As `Tables.update`, with gradients of the loss of this process's batch: what is learned is the mean of all parts' losses."""
        arrays = checked(embedded, self._columns, gradients, self.evictions)
        asked, served = embedded.asked, embedded.served
        sums, touched = self._asking.sum_up(point(embedded.places.segments, self._columns, arrays), asked, self.width)
        send, receive = asked.send.sum(axis=1).tolist(), asked.receive.sum(axis=1).tolist()
        theirs: Floats = self._exchange(sums, send, receive)
        wanted = None if served.refused is None else self._exchange(touched, send, receive)
        self.apply(self._serving.learned(served, theirs, wanted), rate)
