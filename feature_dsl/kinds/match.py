"""``match_feature``: what a map of maps in a column has for two keys, ``category^item:0.2,item:0.3|category^…``."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, x
from feature_dsl.kinds.combiner import combined
from feature_dsl.kinds.normaliser import number
from feature_dsl.syntax.tree import Expression

_ANY = "*"


@kind("match_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: map (a column), outer and inner (columns, or * for any key), combiner (sum), default (0), normalizer, default_after."""
    found = call("match", x(entry.text("map")), _key(entry, "outer"), _key(entry, "inner"))
    return Lowered(number(entry, combined(call("float", found), entry)))


def _key(entry: Entry, field: str) -> Expression:
    name = entry.text(field)
    return Literal(name) if name == _ANY else call("str", x(name))
