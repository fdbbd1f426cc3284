"""What statistics want to know of a feature beyond its values, as further columns of the same plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from feature_dsl.operations.base import TypeProblem, versioned
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.nodes import CONSTANT, Node, Output
from feature_dsl.plan.plan import Plan
from feature_dsl.types import INT

WIDE = 2**62
"""Buckets enough for every value to have its own."""

# Where a stand-in hides whether the first argument was missing.
_COVERING = {"coalesce": 0, "pad": 0, "replace_value": 0}
_FAMILIES = ("hashing", "vocabulary")
# Buckets that no value is hashed to: row 0 of missing.
_RESERVED = {"hash_bucket": 1, "cross": 1}


@dataclass
class Probed:
    """Columns of the probing plan that belong to a feature, by name; None where the question has no sense.

    :param missing: groups of columns that are 1 where a source is missing; the row is missing where all of one group are.
    :param found: positions in the vocabulary (where the feature has one), -1 for values that are not in it, ``absent`` of them for missing.
    :param wide: the feature's ids in so many buckets that none collides.
    :param buckets: buckets that values are hashed to.
    """

    missing: list[list[str]] = field(default_factory=list)
    found: str | None = None
    absent: str | None = None
    wide: str | None = None
    buckets: int | None = None


def probe(plan: Plan) -> tuple[Plan, dict[str, Probed]]:
    """The plan with further columns, and for each feature which they are. Nothing is computed twice."""
    builder = Builder(fold=False, share=True)
    for node in plan.nodes:
        _copy(builder, node)
    outputs = list(plan.outputs)
    probes: dict[str, Probed] = {}
    for output in plan.outputs:
        probes[output.name] = _Prober(builder, outputs).probe(output)
    return Plan(plan.group, tuple(builder.nodes), plan.inputs, tuple(outputs)), probes


def _copy(builder: Builder, node: Node) -> None:
    builder.nodes.append(node)
    if node.op == CONSTANT:
        builder.known[len(builder.nodes) - 1] = node.value


class _Prober:
    def __init__(self, builder: Builder, outputs: list[Output]) -> None:
        self._builder = builder
        self._outputs = outputs

    def probe(self, feature: Output) -> Probed:
        found = Probed()
        start: int | None = feature.node
        while start is not None:
            sources = self._sources(start)
            found.missing.append([self._flag(feature, source) for source in sources])
            start = self._covered(sources[0]) if len(sources) == 1 else None
        hashed = self._hash(feature.node)
        if hashed is not None:
            self._hashed(feature, hashed, found)
        looked_up = self._vocabularies(feature.node)
        if len(looked_up) == 1:
            self._looked_up(feature, looked_up[0], found)
        return found

    def _flag(self, feature: Output, source: int) -> str:
        flag = self._builder.call("int", [self._builder.call("is_missing", [source])])
        return self._output(feature, "missing", flag)

    def _covered(self, index: int) -> int | None:
        """The next stand-in below, as that of a default before a normaliser, where there is no other input on the way."""
        while True:
            varying = self._varying(self._builder.nodes[index])
            if len(varying) != 1:
                return None
            index = varying[0]
            if self._builder.nodes[index].op in _COVERING and self._below(index):
                return index

    def _sources(self, start: int) -> list[int]:
        """The values that a feature is made of once stand-ins, vocabularies and hashes are taken off."""
        sources: dict[int, None] = {}
        stack = [start]
        while stack:
            index = stack.pop()
            below = self._below(index)
            stack.extend(reversed(below))
            if not below:
                sources[index] = None
        return list(sources)

    def _hash(self, index: int) -> int | None:
        """The last hash that makes the feature, where everything after it has no other input."""
        while True:
            node = self._builder.nodes[index]
            operation = versioned(node.op, node.version)
            if operation is None or operation.family == "hashing":
                return index if operation is not None else None
            varying = self._varying(node)
            if len(varying) != 1:
                return None
            index = varying[0]

    def _vocabularies(self, start: int) -> list[int]:
        found: list[int] = []
        seen = {start}
        stack = [start]
        while stack:
            index = stack.pop()
            node = self._builder.nodes[index]
            if node.op == "index":
                found.append(index)
            stack.extend(arg for arg in node.args if arg not in seen)
            seen.update(node.args)
        return found

    def _varying(self, node: Node) -> list[int]:
        return list(dict.fromkeys(arg for arg in node.args if arg not in self._builder.known))

    def _below(self, index: int) -> list[int]:
        node = self._builder.nodes[index]
        operation = versioned(node.op, node.version) if node.version else None
        if operation is None or (node.lifted and node.op not in _COVERING and operation.family not in _FAMILIES):
            return []
        constant = [arg for arg in node.args if arg in self._builder.known]
        varying = self._varying(node)
        if operation.family in _FAMILIES:
            return varying
        if node.op in _COVERING:
            stands_in = node.op != "replace_value" or self._builder.known.get(node.args[1], "") is None
            return varying if stands_in and varying == [node.args[0]] else []
        if node.op == "if" and (node.args[1] in constant) != (node.args[2] in constant):
            return [node.args[1] if node.args[2] in constant else node.args[2]]
        if node.op == "get" and node.args[0] in constant:
            return varying
        return []

    def _hashed(self, feature: Output, index: int, found: Probed) -> None:
        node = self._builder.nodes[index]
        sizes = [arg for arg in node.args if isinstance(self._builder.known.get(arg), int) and self._builder.nodes[arg].type == INT]
        size = self._builder.known[sizes[0]] if sizes else None
        if not isinstance(size, int) or size < 2 or node.bounds is None or node.bounds[1] != size - 1:
            return
        wide = self._builder.constant(WIDE, INT)
        operation = versioned(node.op, node.version)
        assert operation is not None
        try:
            again = self._builder.apply(operation, [wide if arg == sizes[0] else arg for arg in node.args])
        except TypeProblem:
            return
        found.wide = self._output(feature, "wide", again)
        found.buckets = size - _RESERVED.get(node.op, 0)

    def _looked_up(self, feature: Output, index: int, found: Probed) -> None:
        words, value = self._builder.nodes[index].args
        found.found = self._output(feature, "found", index)
        vocabulary = self._builder.known.get(words)
        if isinstance(vocabulary, tuple) and None in vocabulary:
            return
        if self._builder.nodes[value].type.is_list:
            present = self._builder.call("length", [self._builder.call("drop_missing", [value])])
            absent = self._builder.call("sub", [self._builder.call("length", [value]), present])
        else:
            absent = self._builder.call("int", [self._builder.call("is_missing", [value])])
        found.absent = self._output(feature, "absent", absent)

    def _output(self, feature: Output, what: str, node: int) -> str:
        name = f"{feature.name}\0{what}{len(self._outputs)}"
        kind = self._builder.nodes[node].type
        self._outputs.append(replace(feature, name=name, node=node, type=kind, role="key", cardinality=None))
        return name
