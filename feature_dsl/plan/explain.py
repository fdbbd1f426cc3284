"""Plans as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feature_dsl.plan.nodes import COLUMN, CONSTANT, Input, Node, Output
from feature_dsl.types import Value


def show(value: Value) -> str:
    """A value as examples and plans print it: ``missing``, ``"text"``, ``true``, ``1.0``, ``[1, 2]``."""
    if isinstance(value, tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return '"' + value + '"' if isinstance(value, str) else repr(value)


def users(nodes: Sequence[Node], outputs: Sequence[Output]) -> list[tuple[str, ...]]:
    """For each node, the features that need it."""
    needed = [0] * len(nodes)  # a bit for each feature: thousands that use each other would not fit as lists
    for place, output in enumerate(outputs):
        needed[output.node] |= 1 << place
    for index in range(len(nodes) - 1, -1, -1):
        for arg in nodes[index].args:
            needed[arg] |= needed[index]
    return [tuple(outputs[place].name for place in _bits(bits)) for bits in needed]


def _bits(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…" + text[-2:]


def _line(node: Node) -> str:
    if node.op == COLUMN:
        return f"column {node.name}"
    if node.op == CONSTANT:
        return _short(show(node.value))
    args = ", ".join(f"%{arg}" for arg in node.args)
    return f"{node.op}@{node.version}({args}){' each' if node.lifted else ''}"


def explain(nodes: Sequence[Node], inputs: Sequence[Input], outputs: Sequence[Output], fingerprint: str) -> str:
    """Inputs, nodes with the number of features that share them, outputs."""
    lines = [f"plan {fingerprint[:16]}: {len(inputs)} columns, {len(nodes)} nodes, {len(outputs)} features", "", "reads"]
    lines += [f"  {wanted.name}: {wanted.type}" for wanted in inputs]
    lines += ["", "computes"]
    for index, (node, features) in enumerate(zip(nodes, users(nodes, outputs), strict=True)):
        shared = f"  # shared by {len(features)} features" if len(features) > 1 and node.version else ""
        lines.append(f"  %{index} = {_line(node)}: {node.type}{shared}")
    lines += ["", "gives"]
    for output in outputs:
        size = f", cardinality {output.cardinality}" if output.cardinality is not None else ""
        domains = "/".join(output.domains)
        lines.append(f"  {output.name} = %{output.node}: {output.type}, {output.role}{size}, {domains}, table {output.table}")
    return "\n".join(lines) + "\n"
