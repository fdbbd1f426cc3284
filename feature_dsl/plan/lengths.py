"""How long a list can be, from the operations that make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from feature_dsl import limits
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
    lists = [lengths[arg] for arg in node.args if arg in lengths]
    if node.lifted:
        return lists[-1]
    rule = _RULES.get(node.op)
    return rule(node, lists, known) if rule else None


def _cut(node: Node, lists: Sequence[int | None], known: Known) -> int | None:
    limit = known[node.args[1]]
    assert isinstance(limit, int)
    return limit if lists[0] is None else min(limit, lists[0])


def _padded(node: Node, lists: Sequence[int | None], known: Known) -> int | None:
    limit = known[node.args[1]]
    return limit if isinstance(limit, int) else None


def _product(node: Node, lists: Sequence[int | None], known: Known) -> int | None:
    total = 1
    for length in lists:
        if length is None:
            return limits.CROSS_COMBINATIONS
        total = min(total * max(length, 1), limits.CROSS_COMBINATIONS)
    return total


def _greatest(node: Node, lists: Sequence[int | None], known: Known) -> int | None:
    lengths = [length for length in lists if length is not None]
    return max(lengths) if lengths and len(lengths) == len(lists) else None


_RULES: dict[str, Callable[[Node, Sequence[int | None], Known], int | None]] = {
    "take": _cut,
    "pad": _padded,
    "cross": _product,
    "if": _greatest,
    "coalesce": _greatest,
    "drop_missing": lambda node, lists, known: lists[0],
    "array": lambda node, lists, known: len(node.args),
}
