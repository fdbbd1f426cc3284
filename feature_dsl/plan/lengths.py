"""How long a list can be, from the operations that make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feature_dsl.operations.base import versioned
from feature_dsl.plan.nodes import Node
from feature_dsl.types import Value

Known = Mapping[int, Value]


def longest(nodes: Sequence[Node], known: Known, index: int) -> int | None:
    """The greatest length that the list of a node can have, None where nothing bounds it.

    Nodes come after their arguments, so one pass over those up to ``index`` does.
    """
    lengths: dict[int, int | None] = {}
    for place in range(index + 1):
        node = nodes[place]
        if node.type.is_list:
            lengths[place] = _length(node, place, lengths, known)
    return lengths.get(index)


def _length(node: Node, place: int, lengths: Mapping[int, int | None], known: Known) -> int | None:
    value = known.get(place)
    if isinstance(value, tuple):
        return len(value)
    operation = versioned(node.op, node.version)
    if operation is None:
        return None
    reaches = [lengths.get(arg, 1) for arg in node.args]
    if node.lifted:
        return next(reaches[index] for index in operation.lifts if index < len(node.args) and node.args[index] in lengths)
    return operation.reach(reaches, [known.get(arg) for arg in node.args]) if operation.reach else None
