"""``lookup_feature``: the number that a map has for the value, else ``default``."""

from __future__ import annotations

from typing import Any

from feature_dsl.kinds.base import Entry, Lowered, call, kind, scalar, x
from feature_dsl.syntax.tree import constants


@kind("lookup_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, map (text to number), default (0)."""
    marked = entry.raw("map")
    if not isinstance(marked.value, dict) or not marked.value:
        raise entry.error(f"map of {entry.name} has to be a mapping from text to number", "map")
    for value in marked.value.values():
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            raise value.error(f"map of {entry.name} holds numbers, not {value.value!r}")
    numbers: list[Any] = [value.value for value in marked.value.values()]
    place = call("index", constants(list(marked.value)), x(entry.text("source")))
    return Lowered(scalar(call("get", constants(numbers), place), entry.number("default", 0)))
