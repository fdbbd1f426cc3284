"""A node of a plan as the expression that it is."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl.errors import visible
from feature_dsl.plan.explain import show
from feature_dsl.plan.nodes import COLUMN, CONSTANT, Node

_DEPTH = 3
_LETTERS = 60


def print_node(nodes: Sequence[Node], index: int, depth: int = _DEPTH) -> str:
    """``hash_bucket(x("age"), 100)``; what lies deeper than ``depth`` is ``…``."""
    node = nodes[index]
    if node.op == COLUMN:
        return f'x("{visible(node.name)}")'
    if node.op == CONSTANT:
        text = visible(show(node.value))
        return text if len(text) <= _LETTERS else text[: _LETTERS - 2] + "…" + text[-1:]
    if depth == 0:
        return f"{node.op}(…)"
    return f"{node.op}({', '.join(print_node(nodes, arg, depth - 1) for arg in node.args)})"
