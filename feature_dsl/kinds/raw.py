"""``raw_feature``: a script of one's own, or a number or a vector as it is."""

from __future__ import annotations

from feature_dsl import limits
from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, scalar, x
from feature_dsl.syntax.parser import parse_script
from feature_dsl.syntax.tree import Script, Statement


@kind("raw_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: script; or source, default (0) and, of a list column, its length."""
    if entry.has("source"):
        if entry.has("script"):
            raise entry.error(f"{entry.name} has both a script and a source", "source", "leave one of them out")
        value, default = x(entry.text("source")), entry.number("default", 0)
        length = entry.optional_integer("length", 2, limits.LIST_LENGTH)
        if length is None:
            return Lowered(scalar(value, default))
        return Lowered(Script(call("initArray", Literal(length), Literal(default)), (), (Statement(None, value),)))
    source = entry.raw("script").source
    return Lowered(parse_script(entry.text("script"), source), source)
