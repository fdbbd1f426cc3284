"""Compiles or loads all machine code ahead of the first run."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from feature_dsl.machine import running
from feature_dsl.machine.compiled import Kernel, entries
from feature_dsl.machine.loading import READERS, loader
from feature_dsl.operations.base import latest, names, resolve


def warm_up(processes: int = 1) -> None:
    """Readies every kernel: a minute or two on a new machine, about a second once they are cached on disk.

    :param processes: how many compile at once; numba compiles one function at a time in a process.
    """
    if processes > 1:
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            for share in [pool.submit(_ready_share, first, processes) for first in range(processes)]:
                share.result()
    _ready_share(0, 1)


def _ready_share(first: int, processes: int) -> None:
    for found in itertools.islice(_all(), first, None, processes):
        found.compiled  # noqa: B018 - compiles


def _all() -> Iterator[Any]:
    """Everything that is compiled, always in the same order."""
    yield from entries(running)
    yield from map(loader, READERS)
    for kernel in kernels().values():
        yield from kernel.variants.values()


def kernels() -> dict[str, Kernel]:
    """Every operation's kernel, and those that the machine puts between operations."""
    paths = {name: operation.kernel for name in names() if (operation := latest(name))}
    paths |= {name: f"feature_dsl.kernels.spreading:{name}" for name in ("spread", "broadcast")}
    found: dict[str, Any] = {name: resolve(path) for name, path in paths.items()}
    return found
