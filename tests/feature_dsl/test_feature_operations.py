"""Every operation's examples, in the folder, in the reference and in the kernels."""

from __future__ import annotations

import pyarrow as pa
import pytest

from feature_dsl.machine.engine import Engine
from feature_dsl.operations.base import latest, names
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.explain import show
from feature_dsl.plan.nodes import CONSTANT
from feature_dsl.syntax.parser import parse_expression
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Call, Expression, Literal


def _build(builder: Builder, expression: Expression) -> int:
    if isinstance(expression, Literal):
        return builder.literal(expression.value)
    assert isinstance(expression, Call)
    return builder.call(expression.name, [_build(builder, argument) for argument in expression.arguments])


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
    one_row = pa.RecordBatch.from_arrays([pa.nulls(1)], ["nothing"])
    (value,) = Engine(built.nodes, [], pa.schema([])).values(one_row, index)
    assert show(value) == expected, "kernel"


def test_every_operation_has_docs_and_examples() -> None:
    for name in names():
        operation = latest(name)
        assert operation is not None and operation.doc and operation.examples, name
        assert operation.signature.count(" → ") == 1, name
