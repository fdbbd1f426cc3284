"""The plain-Python meaning of features, which shares no code with the kernels."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feature_dsl.reference.interpreter import compile_reference, run_plan, run_row

__all__ = ["compile_reference", "run_plan", "run_row"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # loaded late: operations import their hash from this package
        return getattr(importlib.import_module("feature_dsl.reference.interpreter"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
