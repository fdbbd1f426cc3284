"""How long a list can be, from the operations that make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feature_dsl.operations.base import versioned
from feature_dsl.plan.nodes import Node
from feature_dsl.types import Value

Known = Mapping[int, Value]


class Lengths:
    """The lengths of a growing list of nodes, each of them looked at once.

    :param nodes: each after its arguments; more may come, none may change.
    :param known: values of those that are constant.
    """

    def __init__(self, nodes: Sequence[Node], known: Known) -> None:
        self._nodes, self._known = nodes, known
        self._lengths: dict[int, int | None] = {}
        self._seen = 0

    def longest(self, index: int) -> int | None:
        """The greatest length that the list of a node can have, None where nothing bounds it."""
        for place in range(self._seen, index + 1):
            node = self._nodes[place]
            if node.type.is_list:
                self._lengths[place] = _length(node, place, self._lengths, self._known)
        self._seen = max(self._seen, index + 1)
        return self._lengths.get(index)


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
