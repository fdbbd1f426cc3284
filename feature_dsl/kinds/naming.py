"""Expressions in which a bare name is a column or a feature."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from feature_dsl.syntax.tree import Call, Expression, Literal, Name, call


def named(expression: Expression, variables: Collection[str] = ()) -> Expression:
    """Bare names as ``x("name")``, those of variables aside; as deep as the parser lets expressions be."""
    if isinstance(expression, Name) and expression.name not in variables:
        return call("x", Literal(expression.name, expression.at), at=expression.at)
    if isinstance(expression, Call):
        return call(expression.name, *(named(argument, variables) for argument in expression.arguments), at=expression.at)
    return expression


def placeless(expression: Expression) -> Expression:
    """The expression without places, for one that stands in another text than the feature's own: errors are at the entry."""
    if isinstance(expression, Call):
        return call(expression.name, *map(placeless, expression.arguments))
    return replace(expression, at=None)
