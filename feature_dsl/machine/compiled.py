"""How a kernel is compiled: ahead of its first use, for one signature, cached on disk, without the GIL.

Numba's own disk cache looks at the one file that a function stands in, but kernels call functions of other files and are made by
factories; so this cache is keyed by the kernel's name and the digest of all sources that may be compiled into it.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numba import njit, types  # type: ignore[import-untyped,unused-ignore]
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.ccallback import CFunc

from feature_dsl.machine.memory import Words
from feature_dsl.machine.naming import with_own_name
from feature_dsl.types import Type

_SIGNATURE = types.void(Words, Words)
_OPTIONS = {"nogil": True, "error_model": "numpy"}
Function = Callable[..., Any]


_HOST_FILES = {"engine.py", "program.py", "values.py", "warm.py"}
"""Files of the machine that are Python alone: what they say is in no kernel."""


_PACKAGE = Path(__file__).parent.parent
_KERNEL_MODULE = re.compile(r"\bfeature_dsl\.kernels\.(\w+)")


@functools.cache
def _sources(home: Path) -> str:
    """Digest of all files that may be compiled into a function of the file ``home``: the machine's, and the kernels' that it names."""
    digest = hashlib.sha256()
    machine = {path for path in (_PACKAGE / "machine").glob("*.py") if path.name not in _HOST_FILES}
    for path in sorted(machine | _named(home, set())):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _named(file: Path, seen: set[Path]) -> set[Path]:
    """A file, and those of the kernels that it names or that they name."""
    if file not in seen:
        seen.add(file)
        for module in _KERNEL_MODULE.findall(file.read_text(encoding="utf-8")):
            named = _PACKAGE / "kernels" / f"{module}.py"
            if named.exists():
                _named(named, seen)
    return seen


class _Cache(FunctionCache):  # type: ignore[misc,unused-ignore]
    """A compiled function on disk, found by a name of ours: copies of this package may take it along."""

    def __init__(self, function: Function, name: str, stamp: str) -> None:
        super().__init__(function)
        name = f"{name}.{sys.implementation.cache_tag}"
        self._cache_file = IndexDataCacheFile(cache_path=self._cache_path, filename_base=name, source_stamp=stamp)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return str(sig), codegen.magic_tuple()


class _Dispatcher:
    """An njit function for Python callers, compiled at its first call."""

    def __init__(self, function: Function, signature: str, name: str) -> None:
        self._function, self._signature, self._name = function, signature, name

    @functools.cached_property
    def compiled(self) -> Any:
        dispatcher = njit(**_OPTIONS)(self._function)
        dispatcher._cache = _Cache(self._function, self._name, _sources(_file(self._function)))
        dispatcher._can_compile = True
        dispatcher.compile(self._signature)
        dispatcher.disable_compile()
        return dispatcher


def entry(signature: str) -> Callable[[Function], Function]:
    """A compiled function that Python calls with numbers (addresses, counts)."""

    def decorate(function: Function) -> Function:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        found = _Dispatcher(function, signature, name)

        @functools.wraps(function)
        def call(*arguments: Any) -> Any:
            return found.compiled(*arguments)

        call.dispatcher = found  # type: ignore[attr-defined]
        return call

    return decorate


def _compile(function: Function, signature: Any, name: str, home: Function) -> Any:
    with_own_name(function)
    found: Any = CFunc(function, (signature.args, signature.return_type), {}, dict(_OPTIONS))
    found._cache = _Cache(home, f"{home.__module__.rpartition('.')[2]}.{name}", _sources(_file(home)))
    found.compile()
    return found


def _file(function: Function) -> Path:
    return Path(inspect.getfile(function))


def callback(function: Function) -> Any:
    """A function of one address, compiled for callers in C; keep it as long as they may call."""
    return _compile(function, types.void(types.int64), function.__name__, function)


def entries(module: Any) -> list[_Dispatcher]:
    """A module's functions that ``entry`` made."""
    return [value.dispatcher for value in vars(module).values() if hasattr(value, "dispatcher")]


@dataclass(frozen=True)
class Variant:
    """A kernel for arguments of given types.

    :param name: unique in its module.
    :param function: takes a frame and a step, both as words.
    :param home: the function whose file the kernel belongs to (a factory's product has another's).
    """

    name: str
    function: Function
    home: Function

    @functools.cached_property
    def compiled(self) -> Any:
        """Compiles it, or loads it from disk."""
        return _compile(self.function, _SIGNATURE, self.name, self.home)

    @property
    def address(self) -> int:
        """Where the machine code begins."""
        return int(self.compiled.address)


class Kernel:
    """An operation's kernels: one for all types, or one for each list of argument types.

    :param variants: by the arguments' element types (``("int64", "int64")``); ``None`` fits all.
    """

    def __init__(self, variants: Mapping[tuple[str, ...] | None, Variant]) -> None:
        self.variants = dict(variants)

    def variant(self, arguments: Sequence[Type]) -> Variant:
        """The variant for these arguments. Raises LookupError."""
        key = tuple(argument.name for argument in arguments)
        found = self.variants.get(key) or self.variants.get(None)
        if found is None:
            raise LookupError(f"no kernel takes {', '.join(map(str, arguments))}")
        return found

    def under(self, *arguments: str) -> Kernel:
        """The only variant, for arguments of these element types."""
        (variant,) = self.variants.values()
        return Kernel({arguments: variant})


def kernel(function: Function) -> Kernel:
    """A kernel for all types, or for the only ones that its operation takes."""
    return Kernel({None: Variant(function.__name__, function, function)})


def by_types(**functions: Kernel) -> Kernel:
    """Several kernels as one."""
    variants: dict[tuple[str, ...] | None, Variant] = {}
    for found in functions.values():
        variants.update(found.variants)
    return Kernel(variants)


__all__ = ["Kernel", "Variant", "by_types", "callback", "entries", "entry", "kernel"]
