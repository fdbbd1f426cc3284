"""What tests of operations share: an expression's value over columns, by the kernels and by the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from feature_dsl.machine.engine import Engine
from feature_dsl.operations.base import versioned
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.nodes import COLUMN, Node
from feature_dsl.reference.meaning import apply_meaning, normalise
from feature_dsl.syntax.parser import parse_expression
from feature_dsl.syntax.source import Source
from feature_dsl.syntax.tree import Call, Expression, Literal
from feature_dsl.types import Type, Value, from_arrow

Evaluate = Callable[..., list[Value]]


def _build(builder: Builder, expression: Expression, types: dict[str, Type]) -> int:
    if isinstance(expression, Literal):
        return builder.literal(expression.value)
    assert isinstance(expression, Call)
    if expression.name == "x":
        (name,) = expression.arguments
        assert isinstance(name, Literal) and isinstance(name.value, str)
        return builder.column(name.value, types[name.value])
    return builder.call(expression.name, [_build(builder, argument, types) for argument in expression.arguments])


def _meant(nodes: Sequence[Node], row: dict[str, Any]) -> list[Value]:
    values: list[Value] = []
    for node in nodes:
        if node.op == COLUMN:
            found = row[node.name]
            values.append(normalise(tuple(found or ()) if node.type.is_list else found))
            continue
        operation = versioned(node.op, node.version)
        values.append(apply_meaning(operation, [values[arg] for arg in node.args], node.lifted) if operation else node.value)
    return values


def evaluate_expression(text: str, **columns: Any) -> list[Value]:
    """The value in each row, None where it is missing; raises AssertionError where kernels and reference differ.

    :param columns: Arrow arrays, or Python lists of which at least one value is present.
    """
    arrays = {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    batch = pa.RecordBatch.from_pydict(arrays)
    types = {name: kind for name, array in arrays.items() if (kind := from_arrow(array.type))}
    expression = parse_expression(text, Source(None))
    folded, written = Builder(), Builder(fold=False, share=False)
    index, meant = _build(folded, expression, types), _build(written, expression, types)
    found = Engine(folded.nodes, [], pa.schema([])).values(batch, index)
    expected = [_meant(written.nodes, row)[meant] for row in batch.to_pylist()]
    assert list(map(repr, found)) == list(map(repr, expected)), text
    return found


@pytest.fixture(name="evaluate", scope="session")
def evaluate_fixture() -> Evaluate:
    """``evaluate_expression``."""
    return evaluate_expression
