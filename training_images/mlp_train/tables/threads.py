"""A few threads that share one piece of work and are waited for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


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
