"""``expr_feature``: one expression, in which a bare name is a column or a feature."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Lowered, kind, scalar
from feature_dsl.syntax.parser import parse_expression
from feature_dsl.syntax.tree import Call, Expression, Literal, Name, call


@kind("expr_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: expr, default (0)."""
    source = entry.raw("expr").source
    expression = parse_expression(entry.text("expr"), source)
    return Lowered(scalar(_named(expression), entry.number("default", 0)), source)


def _named(expression: Expression) -> Expression:
    """Bare names as ``x("name")``; as deep as the parser lets expressions be."""
    if isinstance(expression, Name):
        return call("x", Literal(expression.name, expression.at), at=expression.at)
    if isinstance(expression, Call):
        return call(expression.name, *map(_named, expression.arguments), at=expression.at)
    return expression
