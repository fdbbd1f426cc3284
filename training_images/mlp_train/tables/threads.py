"""A few threads that share one piece of work and are waited for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mlp_train.tables.storage import Words


class Threads:
    """Runs a function once for each of `count` parts, the first on the caller's thread."""

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"{count} threads cannot work; give at least 1")
        self.count = count
        self._pool = ThreadPoolExecutor(count - 1, thread_name_prefix="tables") if count > 1 else None

    def run(self, work: Callable[[int], None]) -> None:
        """Call work(0), work(1), … at once; returns when all have ended, and raises what the first of them raised."""
        others = [self._pool.submit(work, part) for part in range(1, self.count)] if self._pool else []
        work(0)
        for other in others:
            other.result()

    def share(self, count: int, part: int) -> tuple[int, int]:
        """The part's share of `count` things: the first, and the one past the last."""
        return count * part // self.count, count * (part + 1) // self.count


def split(tables: Words, places: Words, threads: int) -> list[Words]:
    """The tasks of each thread in an update, (tasks, 5): see `kernels.updating`.

    tables, places: of the segments, those of a table next to each other. Large tables are split among all threads; of the others each goes
    to the thread that has least to do.
    """
    starts = np.flatnonzero(np.diff(tables, prepend=-1))
    sums = np.add.reduceat(places, starts) if starts.size else places
    stops, fair = [*starts[1:].tolist(), tables.size], int(places.sum()) // threads
    tasks: list[list[tuple[int, ...]]] = [[] for _ in range(threads)]
    loads = [0] * threads
    for at in np.argsort(-sums, kind="stable").tolist():
        one = (int(starts[at]), stops[at], int(sums[at]))
        if threads > 1 and 2 * sums[at] > fair:
            for part, mine in enumerate(tasks):
                mine.append((*one, part, threads))
        else:
            least = loads.index(min(loads))
            tasks[least].append((*one, 0, 1))
            loads[least] += one[2]
    return [np.array(mine, dtype=np.int64).reshape(len(mine), 5) for mine in tasks]
