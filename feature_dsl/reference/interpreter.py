"""The second meaning: evaluates features row by row in plain Python.

It shares the parser and the type rules with the engine, but no kernel: it walks the typed plan before folding and
sharing, and applies each operation's ``meaning``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from feature_dsl.errors import FeatureError
from feature_dsl.operations.base import versioned
from feature_dsl.plan.nodes import COLUMN, CONSTANT, Node
from feature_dsl.plan.plan import Plan
from feature_dsl.reference.meaning import apply_meaning, normalise
from feature_dsl.types import Scalar, Type, Value

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl.feature_set import FeatureSet

_ACCEPTED: dict[str, tuple[type, ...]] = {"int64": (int,), "float64": (float, int), "utf8": (str,), "bool": (bool,)}


def compile_reference(
    features: FeatureSet,
    only: Iterable[str] | None = None,
    domains: Iterable[str] | None = None,
    schema: pa.Schema | None = None,
    bind: Mapping[str, str] | None = None,
) -> Plan:
    """The plan as written: nothing folded, nothing shared. For ``run_plan``; slow elsewhere."""
    from feature_dsl.plan.compiler import Compiler

    return Compiler(features, schema, bind or {}, fold=False).plan(only, domains)


def run_row(features: FeatureSet, row: Mapping[str, Any]) -> dict[str, Any]:
    """Every feature's value for one row of raw columns.

    :param row: values by column name (a column that is not there is missing); lists as lists.
    :raises FeatureError: where a value is not of its column's type.
    """
    return run_plan(compile_reference(features), row)


def run_plan(plan: Plan, row: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's outputs for one row."""
    values: list[Value] = []
    for node in plan.nodes:
        values.append(evaluate(node, values, row))
    results = {output.name: values[output.node] for output in plan.outputs}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in results.items()}


def evaluate(node: Node, values: list[Value], row: Mapping[str, Any]) -> Value:
    """A node's value for one row, from the values of the nodes before it."""
    if node.op == CONSTANT:
        return node.value
    if node.op == COLUMN:
        return _read(row.get(node.name), node.type, node.name)
    operation = versioned(node.op, node.version)
    assert operation is not None
    return apply_meaning(operation, [values[arg] for arg in node.args], node.lifted)


def _read(value: Any, kind: Type, name: str) -> Value:
    if kind.is_list:
        return tuple(_read_scalar(item, kind.element, name) for item in (value if value is not None else ()))
    return _read_scalar(value, kind, name)


def _read_scalar(value: Any, kind: Type, name: str) -> Scalar:
    if value is None:
        return None
    if type(value) not in _ACCEPTED[kind.name]:
        raise FeatureError(f"column {name!r} is {kind}, and {value!r} is not")
    exact: Scalar = float(value) if kind.name == "float64" else value
    result = normalise(exact)
    assert not isinstance(result, tuple)
    return result
