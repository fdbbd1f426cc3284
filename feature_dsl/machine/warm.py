"""Compiles or loads all machine code ahead of the first run."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine import running
from feature_dsl.machine.compiled import Kernel, entries
from feature_dsl.machine.loading import READERS, loader
from feature_dsl.operations.base import latest, names, resolve


def warm_up() -> None:
    """Readies every kernel: a minute or two on a new machine, about a second once they are cached on disk."""
    for found in entries(running):
        found.compiled  # noqa: B018 - compiles
    for name in READERS:
        loader(name).compiled  # noqa: B018
    for kernel in kernels().values():
        for variant in kernel.variants.values():
            variant.compiled  # noqa: B018


def kernels() -> dict[str, Kernel]:
    """Every operation's kernel, and those that the machine puts between operations."""
    paths = {name: operation.kernel for name in names() if (operation := latest(name))}
    paths |= {name: f"feature_dsl.kernels.spreading:{name}" for name in ("spread", "broadcast")}
    found: dict[str, Any] = {name: resolve(path) for name, path in paths.items()}
    return found
