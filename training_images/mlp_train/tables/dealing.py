"""Which rows of the tables a process holds, where several share them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlp_train.tables.kernels.dealing import owners_of_hashes, owners_of_keys
from mlp_train.tables.storage import Words

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """One process's part of all tables: number `number` of `count`.

    Of a fixed table it holds the ids that leave `number` when they are divided by `count`, its row k being id `number + k · count`; of a
    growing one the ids whose hash falls to it, id 0 being the first part's.
    """

    number: int = 0
    count: int = 1

    def rows(self, size: int) -> int:
        """How many rows of a fixed table of `size` rows."""
        return len(range(self.number, size, self.count))

    def fair(self, number: int) -> int:
        """A bound for the whole, as one for a part."""
        return math.ceil(number / self.count)

    def shared(self, other: Part) -> tuple[slice, slice] | None:
        """Which rows of a fixed table are in both parts, of two ways to deal it: among the rows of this one, and of the other."""
        common = math.lcm(self.count, other.count)
        first = next((at for at in range(self.number, common, self.count) if at % other.count == other.number), None)
        if first is None:
            return None
        return tuple(slice(first // part.count, None, common // part.count) for part in (self, other))  # type: ignore[return-value]

    def has_keys(self, keys: Words) -> Marks:
        """Which ids of a growing table are in this part."""
        owners = np.empty(keys.size, dtype=np.int32)
        owners_of_keys(np.ascontiguousarray(keys), self.count, owners)
        mine: Marks = owners == self.number
        return mine

    def has_waiting(self, waiting: Words) -> Marks:
        """The same of ids that wait for admission, of which only the hash is kept."""
        owners = np.empty(waiting.size, dtype=np.int32)
        owners_of_hashes(np.ascontiguousarray(waiting), self.count, owners)
        mine: Marks = owners == self.number
        return mine


WHOLE = Part()
