"""Names of compiled functions: one name per content, so that machine code of several processes can meet in one.

Numba names a function's machine code by its qualified name, its arguments' types and a number that counts up in each process. Two
functions of one factory, compiled by two processes and loaded by a third from the cache, may so have the same name, and the linker
takes the one for the other. What a factory made therefore carries a digest of what it closes over in its name.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable
from typing import Any

_NAMED = re.compile("_[0-9a-f]{16}$")


def with_own_name(function: Callable[..., Any]) -> None:
    """Renames a function that closes over others or over values."""
    if function.__closure__ and not _NAMED.search(function.__qualname__):
        digest = hashlib.sha256(_content(function).encode()).hexdigest()
        function.__qualname__ = f"{function.__qualname__}_{digest[:16]}"


def _content(value: Any) -> str:
    """What a function is made of: its own name and, of a closure, all that it closes over."""
    function = inspect.unwrap(value) if callable(value) else value
    if not inspect.isfunction(function):
        return repr(value)
    inner = ", ".join(_content(cell.cell_contents) for cell in function.__closure__ or ())
    return f"{function.__module__}.{function.__qualname__}({inner})"
