"""``raw_feature``: a script of one's own, or a number or a vector, normalised or as it is."""

from __future__ import annotations

from feature_dsl import limits
from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, x
from feature_dsl.kinds.normaliser import VALUE, input_default, normalised, number, stand_in
from feature_dsl.syntax.parser import parse_script
from feature_dsl.syntax.tree import Expression, Script, Statement


@kind("raw_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: script; or source, default (0), normalizer, default_after and, of a vector, its length and separator."""
    if not entry.has("source"):
        source = entry.raw("script").source
        return Lowered(parse_script(entry.text("script"), source), source)
    if entry.has("script"):
        raise entry.error(f"{entry.name} has both a script and a source", "source", "leave one of them out")
    value: Expression = x(entry.text("source"))
    length = entry.optional_integer("length", 2, limits.LIST_LENGTH)
    if length is None:
        return Lowered(number(entry, value))
    separator = entry.optional_text("separator")
    if separator is not None:
        value = call("float", call("split", value, Literal(separator)))
    return Lowered(_vector(entry, value, length))


def _vector(entry: Entry, value: Expression, length: int) -> Script:
    meta = call("initArray", Literal(length), Literal(stand_in(entry)))
    if not entry.has("normalizer"):
        return Script(meta, (), (Statement(None, value),))
    default = input_default(entry)
    given = value if default is None else call("pad", value, Literal(length), Literal(default))
    return Script(meta, (), (Statement(VALUE.name, given), Statement(None, normalised(entry))))
