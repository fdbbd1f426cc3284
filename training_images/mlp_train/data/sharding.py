"""Which rows belong to which worker, which of them are in memory together, and in which order they are learned."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from mlp_train.data.batches import Ids
from mlp_train.data.inventory import RowGroup


@dataclass(frozen=True)
class Piece:
    """Rows `first` to `first + rows` of a row group."""

    group: RowGroup
    first: int
    rows: int


def deal(groups: Iterable[RowGroup], shards: int) -> list[list[Piece]]:
    """Every row to one of the shards, which differ by at most one row; neighbours stay together, so at most `shards` − 1 groups are cut."""
    whole = [Piece(group, 0, group.rows) for group in groups]
    rows = sum(piece.rows for piece in whole)
    bounds = [rows * shard // shards for shard in range(shards + 1)]
    return [cut(whole, first, last) for first, last in pairwise(bounds)]


def cut(pieces: Iterable[Piece], first: int, last: int) -> list[Piece]:
    """Rows `first` to `last` of all that the pieces hold."""
    found, start = [], 0
    for piece in pieces:
        begin, end = max(first - start, 0), min(last - start, piece.rows)
        if begin < end:
            found.append(Piece(piece.group, piece.first + begin, end - begin))
        start += piece.rows
    return found


def stretches(pieces: Iterable[Piece], rows: int) -> Iterator[list[Piece]]:
    """All that the pieces hold in order, `rows` rows at a time."""
    found, room = [], rows
    for piece in pieces:
        first = 0
        while first < piece.rows:
            taken = min(room, piece.rows - first)
            found.append(Piece(piece.group, piece.first + first, taken))
            first, room = first + taken, room - taken
            if not room:
                yield found
                found, room = [], rows
    if found:
        yield found


def shuffled(pieces: Sequence[Piece], seed: int, epoch: int, shard: int) -> list[Piece]:
    """The pieces of a shard in the order of an epoch."""
    return [pieces[place] for place in _random(seed, epoch, shard).permutation(len(pieces))]


@dataclass(frozen=True)
class Plan:
    """How an epoch is cut. size: rows of a shard in a batch; bounds: between which of a shard's rows the chunks lie, (chunks + 1,), whole
    batches apart but for the last.
    """

    size: int
    bounds: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Rows of a shard in an epoch."""
        return self.bounds[-1]

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return math.ceil(self.rows / self.size)

    @property
    def chunks(self) -> int:
        """Chunks in an epoch."""
        return len(self.bounds) - 1

    def locate(self, batch: int) -> tuple[int, int]:
        """The chunk that a batch is in, and its number there."""
        chunk = bisect_right(self.bounds, batch * self.size) - 1
        return chunk, batch - self.bounds[chunk] // self.size

    def order(self, held: Sequence[int], chunk: int, seed: int, epoch: int, shards: Sequence[int]) -> Ids:
        """The places of a chunk's rows in the order of its batches, the shards' shares of a batch next to each other.

        held: how many rows of each of `shards` the chunk holds, one after the other; a row more than the plan has is left out.
        """
        used = self.bounds[chunk + 1] - self.bounds[chunk]
        whole = used - used % self.size
        base, full, rest = 0, [], []
        for shard, rows in zip(shards, held, strict=True):
            places = base + _random(seed, epoch, shard, chunk).permutation(rows)
            full.append(places[:whole].reshape(-1, self.size))
            rest.append(places[whole:used])
            base += rows
        return np.concatenate([np.stack(full, axis=1).reshape(-1), *rest])


def plan(rows: int, shards: int, batch_size: int, most_rows: int) -> Plan:
    """Cut an epoch of `rows` rows: into one chunk if all shards have at most `most_rows`, otherwise into ones of at most half as many, but
    not less than a batch. The first ones are small, since nobody can learn while they are read.
    """
    size = max(1, batch_size // shards)
    share = rows // shards
    if rows <= most_rows:
        return Plan(size, (0, share))
    whole = max(1, most_rows // 2 // (size * shards))
    ends = list(accumulate(max(1, whole // part) for part in (8, 4, 2)))
    left = max(0, math.ceil(share / size) - ends[-1])
    chunks = math.ceil(left / whole)
    ends += [ends[-1] + left * (chunk + 1) // chunks for chunk in range(chunks)]
    return Plan(size, (0, *dict.fromkeys(min(end * size, share) for end in ends)))


def _random(*key: int) -> np.random.Generator:
    return np.random.default_rng([number % 2**63 for number in key])
