"""Which features would change from one plan to another, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from feature_dsl.plan.nodes import COLUMN, CONSTANT, Node, Output
from feature_dsl.plan.plan import Plan
from feature_dsl.tools.expressions import print_node
from feature_dsl.types import Value

_MOST = 5
_SHAPE = ("type", "role", "cardinality", "max_length", "length", "domains", "table")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a feature.

    :param what: ``added``, ``removed``, ``changed`` (its values could differ), ``described`` (its values are the same, but
        what is said of its column is not) or ``same``.
    :param why: a sentence for each cause.
    """

    name: str
    what: str
    why: tuple[str, ...] = ()


def fingerprints(plan: Plan) -> dict[str, str]:
    """A SHA-256 for each feature, which changes when the feature's values could, whatever else the plan computes."""
    digests: list[bytes] = []
    for node in plan.nodes:
        content = repr((node.op, node.version, str(node.type), node.lifted, node.value, node.name)).encode()
        digests.append(hashlib.sha256(content + b"".join(digests[arg] for arg in node.args)).digest())
    return {output.name: digests[output.node].hex() for output in plan.outputs}


def diff(old: Plan, new: Plan) -> list[Change]:
    """One change for each feature of either plan, in the new plan's order, removed ones last."""
    before, after = fingerprints(old), fingerprints(new)
    outputs = {output.name: output for output in old.outputs}
    changes = []
    for output in new.outputs:
        if output.name not in outputs:
            changes.append(Change(output.name, "added"))
            continue
        described = _described(outputs[output.name], output)
        if before[output.name] == after[output.name]:
            changes.append(Change(output.name, "described" if described else "same", described))
        else:
            causes = _Causes(old.nodes, new.nodes).between(outputs[output.name].node, output.node)
            changes.append(Change(output.name, "changed", (*causes, *described)))
    kept = {output.name for output in new.outputs}
    return changes + [Change(output.name, "removed") for output in old.outputs if output.name not in kept]


def _described(old: Output, new: Output) -> tuple[str, ...]:
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in _SHAPE)
    return tuple(f"{name}: {_said(one)} → {_said(other)}" for name, one, other in pairs if one != other)


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return "/".join(map(str, value))
    return "not known" if value is None else str(value)


class _Causes:
    """Walks two expressions side by side down to where they begin to differ."""

    def __init__(self, old: Sequence[Node], new: Sequence[Node]) -> None:
        self._old, self._new = old, new

    def between(self, one: int, other: int) -> tuple[str, ...]:
        """At most a few sentences, the first differences from left to right."""
        found: dict[str, None] = {}
        seen: set[tuple[int, int]] = set()
        stack = [("", one, other)]
        while stack:
            within, *pair = stack.pop()
            if tuple(pair) in seen:
                continue
            seen.add((pair[0], pair[1]))
            left, right = self._old[pair[0]], self._new[pair[1]]
            if left.op == right.op and left.op not in (COLUMN, CONSTANT) and len(left.args) == len(right.args):
                if left.version != right.version:
                    found[f"{left.op} is version {right.version}, was version {left.version}"] = None
                below = [(f"{left.op}: ", *args) for args in zip(left.args, right.args, strict=True)]
                stack.extend(reversed(below))
            elif (left.op, left.type, left.value, left.name) != (right.op, right.type, right.value, right.name) or left.args:
                found[within + self._cause(*pair)] = None
        causes = list(found)
        return tuple(causes[:_MOST] + ([f"and {len(causes) - _MOST} more"] if len(causes) > _MOST else []))

    def _cause(self, one: int, other: int) -> str:
        left, right = self._old[one], self._new[other]
        if left.op == right.op == COLUMN:
            if left.name == right.name:
                return f"the column {left.name!r} is {right.type}, was {left.type}"
            return f"it reads the column {right.name!r}, was {left.name!r}"
        if left.op == right.op == CONSTANT and isinstance(left.value, tuple) and isinstance(right.value, tuple):
            return _list_cause(left.value, right.value)
        return f"{print_node(self._new, other)}, was {print_node(self._old, one)}"


def _list_cause(old: tuple[Value, ...], new: tuple[Value, ...]) -> str:
    added = [value for value in new if value not in set(old)]
    removed = [value for value in old if value not in set(new)]
    parts = [f"{verb} {_few(values)}" for verb, values in (("has gained", added), ("has lost", removed)) if values]
    if not parts:
        parts = ["has another order"]
    return f"a list of {len(old)} constants {' and '.join(parts)}"


def _few(values: Sequence[Value]) -> str:
    shown = ", ".join(repr(value)[:30] for value in values[:_MOST])
    return shown if len(values) <= _MOST else f"{shown} and {len(values) - _MOST} more"
