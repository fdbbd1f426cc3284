"""What an operation is, and the registry of them: one entry says all that the language knows about it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from feature_dsl.operations.plugins import load_plugins
from feature_dsl.operations.spellings import SPELLINGS
from feature_dsl.types import Type, Value

Bounds = tuple[int, int]
"""Lowest and highest value of an int64 expression (or of a list's elements), both included, missing aside."""

Reach = Callable[[Sequence[int | None], Sequence[Value]], int | None]
"""From the arguments' greatest lengths (None: unbounded; 1 of a scalar) and constant values to the result's greatest length."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a type rule knows of an argument: its type, its value where it is constant, its bounds."""

    type: Type
    constant: bool = False
    value: Value = None
    bounds: Bounds | None = None

    @property
    def is_missing(self) -> bool:
        """True for the constant "", which is the missing value of every type."""
        return self.constant and self.value is None and self.type.name == "utf8"


@dataclass(frozen=True, slots=True)
class Signature:
    """What an operation wants its arguments to be, and what it gives."""

    expected: tuple[Type, ...]
    result: Type


class TypeProblem(Exception):
    """A type rule refuses its arguments; the compiler adds the place.

    :param argument: index of the argument at fault, where one is.
    """

    def __init__(self, message: str, argument: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.argument, self.hint = message, argument, hint


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the language.

    :param name: how scripts call it.
    :param version: raised when results change; plans carry it.
    :param rule: from the arguments to a signature, or TypeProblem.
    :param meaning: its meaning on Python values of one row (None is missing): the reference's, and the constant folder's.
    :param kernel: ``module:name`` of its ``machine.compiled.Kernel``, imported at the first run.
    :param doc: one line for SPEC.md.
    :param examples: pairs of an expression and its value as it prints.
    :param family: heading in SPEC.md.
    :param prepare: ``module:function`` that makes the kernel's state (a vocabulary's table) once per plan: from the arguments'
        values (None of those that are not constant) and types to NumPy arrays.
    :param lifts: indexes of arguments that may be a list instead of a scalar: the operation then applies to each element.
    :param bounds: from the arguments to the result's bounds.
    :param signature: the arguments and the result, for the page of the family.
    :param notes: edge cases and rounding, a sentence each, for the page of the family.
    :param reach: how long a list result can be; None where nothing bounds it.
    :param total: whether no result, and no element of a list that results, is ever missing.
    """

    name: str
    version: int
    rule: Callable[[Sequence[Argument]], Signature]
    meaning: Callable[..., Value]
    kernel: str
    doc: str
    examples: tuple[tuple[str, str], ...]
    family: str
    prepare: str | None = None
    lifts: tuple[int, ...] = ()
    bounds: Callable[[Sequence[Argument]], Bounds | None] | None = None
    signature: str = ""
    notes: tuple[str, ...] = ()
    reach: Reach | None = None
    total: bool = False


_REGISTRY: dict[tuple[str, int], Operation] = {}
_LATEST: dict[str, Operation] = {}
_OWN: set[str] = set()
"""Names of the language's own operations, once they are loaded: other packages may not give them a meaning."""
_MODULES = (
    "comparison", "logic", "arithmetic", "rounding", "totals", "maths", "trigonometry", "distances", "normalisers", "casts",
    "strings", "texts", "patterns", "dates", "times",
    "lists", "ordering", "membership", "sequences", "combiners", "statistics", "vectors", "overlap",
    "maps", "vocabulary", "identifiers", "hashing", "compatibility",
)  # fmt: skip


def register(operation: Operation) -> Operation:
    """Adds an operation. Raises ValueError where its name and version are taken, or its name is the language's own."""
    key = operation.name, operation.version
    if key in _REGISTRY:
        raise ValueError(f"operation {operation.name} version {operation.version} is registered twice")
    if operation.name in _OWN:
        raise ValueError(f"the name {operation.name} is the language's own")
    _REGISTRY[key] = operation
    if operation.name not in _LATEST or _LATEST[operation.name].version < operation.version:
        _LATEST[operation.name] = operation
    return operation


@functools.cache
def _load_families() -> None:
    for module in _MODULES:
        importlib.import_module(f"feature_dsl.operations.{module}")
    _OWN.update(_LATEST)


def latest(name: str) -> Operation | None:
    """The newest version of an operation, by its name or by another engine's name for it, or None."""
    _load_families()
    spelled = SPELLINGS.get(name, name)
    if spelled not in _LATEST:
        load_plugins()
    return _LATEST.get(spelled)


def versioned(name: str, version: int) -> Operation | None:
    """The operation that an older plan names, or None where this release does not have it."""
    _load_families()
    if (name, version) not in _REGISTRY:
        load_plugins()
    return _REGISTRY.get((name, version))


def names() -> list[str]:
    """Names of all operations, in the order of the families, other packages' last."""
    _load_families()
    load_plugins()
    return list(_LATEST)


def resolve(path: str) -> Any:
    """What ``module:name`` names."""
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)
