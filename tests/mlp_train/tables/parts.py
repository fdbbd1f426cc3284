"""Several parts of the same tables in one process: a thread for each, and messages through memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mlp_train.tables import Exchange

Array = npt.NDArray[Any]
Result = TypeVar("Result")


def together(count: int, work: Callable[[int, Exchange], Result]) -> list[Result]:
    """Calls work(part, exchange) for all parts at once; their results in order."""
    barrier = threading.Barrier(count, timeout=60)
    boxes: list[list[Array]] = [[] for _ in range(count)]

    def exchange_of(part: int) -> Exchange:
        def exchange(rows: Array, send: Sequence[int], receive: Sequence[int]) -> Array:
            assert sum(send) == len(rows)
            boxes[part] = np.split(rows.copy(), np.cumsum(send)[:-1])
            barrier.wait()
            got = [boxes[other][part] for other in range(count)]
            barrier.wait()
            assert [len(each) for each in got] == list(receive)
            return np.concatenate(got)

        return exchange

    def run(part: int) -> Result:
        try:
            return work(part, exchange_of(part))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(run, part) for part in range(count)]]
