"""Every operation's examples, in the folder, in the reference and in the kernels."""

from __future__ import annotations

from typing import Any

import pytest

from feature_dsl.engine import Engine
from feature_dsl.kernels.columns import Bools, Column, Floats, Ints, Lists, Texts
from feature_dsl.operations.base import latest, names
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.explain import show
from feature_dsl.plan.nodes import CONSTANT
from feature_dsl.syntax.parser import parse_expression
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Call, Expression, Literal
from feature_dsl.types import Value


def _build(builder: Builder, expression: Expression) -> int:
    if isinstance(expression, Literal):
        return builder.literal(expression.value)
    assert isinstance(expression, Call)
    return builder.call(expression.name, [_build(builder, argument) for argument in expression.arguments])


def python_value(column: Column, row: int) -> Value:
    """One row of a kernel column as a Python value."""
    if isinstance(column, Lists):
        places = range(int(column.offsets[row]), int(column.offsets[row + 1]))
        return tuple(python_value(column.child, place) for place in places)  # type: ignore[misc]
    if bool(column.missing()[row]):
        return None
    if isinstance(column, Texts):
        start = int(column.starts[row])
        return column.data[start : start + int(column.lengths[row])].tobytes().decode()
    kinds: dict[type, Any] = {Ints: int, Floats: float, Bools: bool}
    assert isinstance(column, Ints | Floats | Bools)
    return kinds[type(column)](column.values[row])  # type: ignore[no-any-return]


EXAMPLES = [
    pytest.param(text, expected, id=f"{name}: {text}")
    for name in names()
    if (operation := latest(name))
    for text, expected in operation.examples
]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES)
def test_example(text: str, expected: str) -> None:
    expression = parse_expression(text, Source(None))
    folded = Builder()
    node = folded.nodes[_build(folded, expression)]
    assert node.op == CONSTANT
    assert show(node.value) == expected, "folded"
    assert isinstance(expression, Call)
    built = Builder()
    arguments = [_build(built, argument) for argument in expression.arguments]
    built.fold = False
    index = built.call(expression.name, arguments)
    columns = Engine(built.nodes).run({})
    assert show(python_value(columns[index], 0)) == expected, "kernel"


def test_every_operation_has_docs_and_examples() -> None:
    for name in names():
        operation = latest(name)
        assert operation is not None and operation.doc and operation.examples, name
