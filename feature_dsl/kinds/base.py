"""What a kind gives, and the registry of kinds."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from feature_dsl.document.entry import Entry
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Call, Expression, Literal, Name, Script, Statement, call


@dataclass(frozen=True, slots=True)
class Lowered:
    """A feature as a script.

    :param script: what it computes.
    :param source: where the script's text lies; None where a kind made it, then errors are at the entry.
    :param role: the output's role where the kind knows it better than its type does.
    :param warnings: sentences that say what looks like a mistake.
    """

    script: Script
    source: Source | None = None
    role: str | None = None
    warnings: tuple[str, ...] = ()


Kind = Callable[[Entry], Lowered]
_KINDS: dict[str, Kind] = {}
_MODULES = ("enum", "boundary", "list", "id", "cross", "raw", "expression", "lookup", "overlap", "sequence", "match", "weight")


def kind(name: str) -> Callable[[Kind], Kind]:
    """Registers a function as the lowering of a kind."""

    def register(lower: Kind) -> Kind:
        if name in _KINDS:
            raise ValueError(f"the kind {name} is registered twice")
        _KINDS[name] = lower
        return lower

    return register


@functools.cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    for module in _MODULES:
        importlib.import_module(f"feature_dsl.kinds.{module}")
    return _KINDS


def scalar(value: Expression, stand_in: int | float = 0, statements: Sequence[tuple[str, Expression]] = ()) -> Script:
    """A script whose value is one scalar."""
    main = tuple(Statement(name, part) for name, part in statements)
    return Script(call("initArray", Literal(1), Literal(stand_in)), (), (*main, Statement(None, call("array", value))))


def varying(value: Expression, max_length: int | None) -> Script:
    """A script whose value is a list of varying length."""
    meta: Call = call("initList") if max_length is None else call("initList", Literal(max_length))
    return Script(meta, (), (Statement(None, value),))


def x(name: str) -> Call:
    """The column or feature of a name."""
    return call("x", Literal(name))


__all__ = ["Entry", "Literal", "Lowered", "Name", "call", "kind", "kinds", "scalar", "varying", "x"]
