"""``expr_feature``: one expression, in which a bare name is a column or a feature."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Lowered, kind
from feature_dsl.kinds.naming import named
from feature_dsl.kinds.normaliser import number
from feature_dsl.syntax.parser import parse_expression


@kind("expr_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: expr, default (0), normalizer, default_after."""
    source = entry.raw("expr").source
    return Lowered(number(entry, named(parse_expression(entry.text("expr"), source))), source)
