"""Batches of a data set in streams: shuffled for learning, in order for measuring, in memory that does not grow with the data."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence

from mlp_train.data.batches import Batch, Ids
from mlp_train.data.decoding import Filling
from mlp_train.data.files import BATCH_ROWS, Files
from mlp_train.data.inventory import Inventory
from mlp_train.data.prefetching import Cancel, ahead
from mlp_train.data.sharding import Piece, cut, deal, plan, shuffled, stretches
from mlp_train.data.taking import between, take
from mlp_train.errors import TrainError

BUFFER_ROWS = 1_000_000
BUFFER_BYTES = 512 << 20


class Reader:
    """The rows of one or more inventories (of the same columns), dealt to `shards`, of which this reader gives those in `mine`.

    A batch has `batch_size // shards` rows of each shard, and every shard as many batches as the others, so that workers of one
    shard each, taken together, learn exactly the batches of one worker with all shards. Batches are a function of the files, seed,
    epoch and shards alone. The shuffle: row groups in a random order, cut into chunks, rows of a chunk in a random order.

    At most `buffer_rows` rows of all shards are in memory, and about `buffer_bytes` (lists counted by their mean): data that fit stay
    there, otherwise one chunk is in use while the next is read. threads: that decode Parquet.
    """

    def __init__(
        self,
        parts: Sequence[Inventory],
        batch_size: int,
        seed: int,
        *,
        shards: int = 1,
        mine: Sequence[int] | None = None,
        buffer_rows: int = BUFFER_ROWS,
        buffer_bytes: int = BUFFER_BYTES,
        threads: int = 1,
    ) -> None:
        self.rows = sum(part.rows for part in parts)
        self._columns = parts[0].columns
        if self.rows < shards and shards > 1:
            raise TrainError(
                f"{self._columns.field} has {self.rows} rows for {shards} workers, so a worker would have none; use fewer workers"
            )
        groups = [group for part in parts for group in part.groups]
        self._seed = seed
        self._mine = tuple(range(shards)) if mine is None else tuple(mine)
        dealt = deal(groups, shards)
        self._pieces = [dealt[shard] for shard in self._mine]
        most = min(buffer_rows, buffer_bytes // self._row_bytes(sum(group.list_values for group in groups)))
        self._batch_rows = max(1, batch_size // shards) * len(self._mine)
        self._plan = plan(self.rows, shards, batch_size, most)
        self._threads = threads
        self._kept: Batch | None = None
        self.steps = self._plan.steps
        self.left_out = self.rows - self._plan.rows * shards

    def epoch(self, number: int, start: int = 0) -> Generator[Batch, None, None]:
        """The batches of an epoch from the one numbered `start` on; what lies before is skipped, by whole row groups where it can be.

        All have the same number of rows but the last. Of all rows, `left_out` (fewer than shards) are not in this epoch, by chance.
        """
        if start >= self.steps:
            return
        first, skip = self._plan.locate(start)
        for chunk, rows, held in self._chunks(number, first):
            order = self._plan.order(held, chunk, self._seed, number, self._mine)
            yield from self._batches(rows, order, skip)
            skip = 0

    def in_order(self) -> Generator[Batch, None, None]:
        """All rows of this reader's shards, none left out, in the order of the files; the last batch may be smaller."""
        rows = max(1, BATCH_ROWS // self._batch_rows) * self._batch_rows
        pieces = [piece for shard in self._pieces for piece in shard]
        if self._plan.chunks == 1:
            chunks = iter([self._whole()])
        else:
            chunks = ahead(lambda cancel: self._load([[stretch] for stretch in stretches(pieces, rows)], cancel))
        for chunk in chunks:
            for first in range(0, chunk.rows, self._batch_rows):
                yield between(chunk, first, min(first + self._batch_rows, chunk.rows))

    def _row_bytes(self, list_values: int) -> int:
        columns = self._columns
        scalar = 8 * len(columns.ids) + 4 * len(columns.dense) + 4 * len(columns.labels)
        extra = 4 * (columns.weight is not None) + 8 * (columns.group is not None)
        return scalar + extra + 8 * len(columns.lists) + 8 * list_values // max(self.rows, 1)

    def _batches(self, rows: Batch, order: Ids, skip: int) -> Iterator[Batch]:
        for first in range(skip * self._batch_rows, len(order), self._batch_rows):
            yield take(rows, order[first : first + self._batch_rows])

    def _chunks(self, epoch: int, start: int) -> Iterator[tuple[int, Batch, list[int]]]:
        """Chunks from `start` on: its number, its rows shard after shard, and how many each shard has."""
        if self._plan.chunks == 1:
            yield 0, self._whole(), _rows_of(self._pieces)
            return
        orders = [shuffled(pieces, self._seed, epoch, shard) for shard, pieces in zip(self._mine, self._pieces, strict=True)]

        def shares(chunk: int) -> list[list[Piece]]:
            first, last = self._plan.bounds[chunk : chunk + 2]
            # The last chunk takes the row that not every shard has, so that chance decides which one is left out.
            return [cut(order, first, last if last < self._plan.rows else self.rows) for order in orders]

        numbers = range(start, self._plan.chunks)
        loaded = ahead(lambda cancel: self._load(map(shares, numbers), cancel))
        for chunk, rows in zip(numbers, loaded, strict=True):
            yield chunk, rows, _rows_of(shares(chunk))

    def _whole(self) -> Batch:
        if self._kept is None:
            (self._kept,) = self._load([self._pieces], Cancel())
        return self._kept

    def _load(self, chunks: Iterable[list[list[Piece]]], cancel: Cancel) -> Iterator[Batch]:
        # Shards read row groups bit by bit, in turns: each keeps its own place.
        files = [Files(self._columns.names, self._columns.field, self._threads) for _ in self._pieces]
        try:
            for shares in chunks:
                filling = Filling(self._columns, sum(_rows_of(shares)))
                for reading, pieces in zip(files, shares, strict=False):
                    for piece in pieces:
                        for batch in reading.read(piece.group.file, piece.group.number, piece.first, piece.rows):
                            cancel.check()
                            filling.add(batch, piece.group.file)
                yield filling.done()
                del filling
        finally:
            for reading in files:
                reading.close()


def _rows_of(shares: Iterable[list[Piece]]) -> list[int]:
    return [sum(piece.rows for piece in share) for share in shares]
