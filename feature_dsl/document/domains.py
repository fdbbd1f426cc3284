"""Reads who columns belong to, and their types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feature_dsl.document.entry import Entry
from feature_dsl.document.marked import Marked
from feature_dsl.errors import FeatureError, did_you_mean
from feature_dsl.types import NAMES, Type, parse_type

CONTEXT = "context"

Refuse = Callable[[FeatureError], None]
"""What becomes of a mistake: raised at once, or noted so that reading goes on with the next value."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Who a column belongs to.

    :param key: the column that unlocks it, None of the implicit domain ``context``.
    """

    name: str
    key: str | None
    columns: dict[str, Type]


def read_domains(top: Entry, refuse: Refuse) -> tuple[Domain, ...]:
    """The domains of a feature file, that of its ``columns`` last. ``refuse`` gets mistakes in columns, which are left out."""
    found: list[Domain] = []
    seen: dict[str, str] = {}
    if top.has("domains"):
        for name, value in _mapping(top.raw("domains"), "domains").value.items():
            entry = Entry(f"domain {name}", _mapping(value, f"domain {name}"))
            written = _mapping(entry.raw("columns"), f"columns of domain {name}")
            columns = _columns(written, name, seen, refuse)
            key = entry.text("key")
            if key not in written.value:
                message = f"the key {key!r} is not among the columns of domain {name}"
                raise entry.error(message, "key", did_you_mean(key, written.value))
            entry.finish()
            found.append(Domain(name, key, columns))
    if top.has("columns"):
        written = _mapping(top.raw("columns"), "columns of the feature file")
        found.append(Domain(CONTEXT, None, _columns(written, CONTEXT, seen, refuse)))
    return tuple(found)


def _mapping(marked: Marked, what: str) -> Marked:
    if not isinstance(marked.value, dict):
        raise marked.error(f"{what} has to be a mapping")
    return marked


def _columns(written: Marked, domain: str, seen: dict[str, str], refuse: Refuse) -> dict[str, Type]:
    types: dict[str, Type] = {}
    for name, marked in written.value.items():
        spelled = marked.value if isinstance(marked.value, str) else ""
        kind = parse_type(spelled)
        if name in seen:
            message = f"the column {name!r} stands in {seen[name]} and in {domain}"
            refuse(written.keys[name].error(message, hint="a column belongs to one domain"))
        elif kind is None and not spelled:
            refuse(marked.error(f"the type of column {name!r} has to be one of {', '.join(NAMES)}"))
        elif kind is None:
            message = f"the type of column {name!r} is {spelled[:40]!r}, which the language does not have"
            refuse(marked.error(message, did_you_mean(spelled, NAMES)))
        else:
            types[name] = kind
            seen[name] = domain
    return types
