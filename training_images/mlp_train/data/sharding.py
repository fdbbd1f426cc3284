"""Which rows belong to which worker, which of them are in memory together, and in which order they are learned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    """How an epoch is cut. size: rows of a shard in a batch; rows: of a shard in an epoch; chunk: rows of a shard in memory together,
    a multiple of size.
    """

    size: int
    rows: int
    chunk: int

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return math.ceil(self.rows / self.size)

    @property
    def chunks(self) -> int:
        """Chunks in an epoch."""
        return math.ceil(self.rows / self.chunk)

    def order(self, held: Sequence[int], chunk: int, seed: int, epoch: int, shards: Sequence[int]) -> Ids:
        """The places of a chunk's rows in the order of its batches, the shards' shares of a batch next to each other.

        held: how many rows of each of `shards` the chunk holds, one after the other; a row more than the plan has is left out.
        """
        used = min(self.chunk, self.rows - chunk * self.chunk)
        whole = used - used % self.size
        base, full, rest = 0, [], []
        for shard, rows in zip(shards, held, strict=True):
            places = base + _random(seed, epoch, shard, chunk).permutation(rows)
            full.append(places[:whole].reshape(-1, self.size))
            rest.append(places[whole:used])
            base += rows
        return np.concatenate([np.stack(full, axis=1).reshape(-1), *rest])


def plan(rows: int, shards: int, batch_size: int, most_rows: int) -> Plan:
    """Cut an epoch of `rows` rows: into one chunk if all shards have at most `most_rows`, otherwise into equal ones of at most half as
    many, but not less than a batch.
    """
    size = max(1, batch_size // shards)
    share = rows // shards
    steps = math.ceil(share / size)
    chunks = 1 if rows <= most_rows else math.ceil(steps / max(1, most_rows // 2 // (size * shards)))
    return Plan(size, share, max(1, math.ceil(steps / chunks)) * size)


def _random(*key: int) -> np.random.Generator:
    return np.random.default_rng([number % 2**63 for number in key])
