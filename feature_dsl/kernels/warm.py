"""Compiles or loads every kernel ahead of the first run."""

from __future__ import annotations

import importlib

_MODULES = ("bytes", "reductions", "search", "xxh64", "maths")


def warm_up() -> None:
    """Imports every module with compiled kernels: seconds on a new machine, a moment once they are cached on disk."""
    for module in _MODULES:
        importlib.import_module(f"feature_dsl.kernels.{module}")
