"""How kernels are compiled: at their first call, without the GIL, kept on disk until a source of this folder changes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

Function = TypeVar("Function", bound=Callable[..., Any])

# Division by zero gives infinity as in NumPy; no fast-math: sums must not depend on the machine.
_OPTIONS = {"nogil": True, "error_model": "numpy"}


@functools.cache
def _sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _Cache(FunctionCache):  # type: ignore[misc,unused-ignore]
    """Numba's cache on disk (next to the code, or in the user's folder), renewed with any file here: kernels inline each other."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        super().__init__(function)
        base = f"{name}.{sys.implementation.cache_tag}"
        self._cache_file = IndexDataCacheFile(cache_path=self._cache_path, filename_base=base, source_stamp=_sources())

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return str(sig), codegen.magic_tuple()


def inlined(function: Function) -> Function:
    """A function that kernels call."""
    return njit(**_OPTIONS)(function)  # type: ignore[no-any-return,unused-ignore]


def kernel(function: Function, name: str | None = None) -> Function:
    """A function that Python calls, with NumPy arrays (writable, contiguous) and integers. name: unique in this folder."""
    dispatcher = njit(**_OPTIONS)(function)
    # Where neither the code's folder nor a cache of the user's can be written, each process compiles for itself.
    with contextlib.suppress(RuntimeError):
        dispatcher._cache = _Cache(function, name or function.__name__)
    return dispatcher  # type: ignore[no-any-return,unused-ignore]
