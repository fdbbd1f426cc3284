"""The garbage collector at rest while many objects are made that all stay: walking over them again and again would find nothing."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def without_collecting(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The function with Python's cyclic garbage collector off while it runs, where it was on."""

    @functools.wraps(function)
    def call(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        if not gc.isenabled():
            return function(*arguments, **named)
        gc.disable()
        try:
            return function(*arguments, **named)
        finally:
            gc.enable()

    return call
