"""Plans as JSON, their fingerprint, and their columns' metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from feature_dsl import limits
from feature_dsl.errors import FeatureError
from feature_dsl.operations.base import TypeProblem, versioned
from feature_dsl.plan.builder import Builder
from feature_dsl.plan.nodes import COLUMN, CONSTANT, Input, Node, Output
from feature_dsl.types import Scalar, Type, Value, parse_type

FORMAT = 1
_METADATA = ("role", "cardinality", "max_length", "length", "table", "domains")


def _node(node: Node) -> list[Any]:
    if node.op == COLUMN:
        return [COLUMN, str(node.type), node.name]
    if node.op == CONSTANT:
        return [CONSTANT, str(node.type), node.value]
    return [node.op, node.version, list(node.args)]


def fingerprint(nodes: Sequence[Node], outputs: Sequence[Output]) -> str:
    """SHA-256 over nodes and the outputs' names, in hex."""
    content = [FORMAT, [_node(node) for node in nodes], [[output.name, output.node] for output in outputs]]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def field_metadata(output: Output) -> dict[str, str]:
    """An output's role and sizes as Arrow field metadata, keys ``mlp.role`` …; a value is JSON."""
    document = asdict(output)
    return {f"mlp.{key}": json.dumps(document[key]) for key in _METADATA if document[key] is not None}


def prune(nodes: Sequence[Node], outputs: Sequence[int]) -> tuple[list[Node], dict[int, int]]:
    """The nodes that outputs need, in the order in which outputs reach them, and where each went."""
    placed: dict[int, int] = {}
    kept: list[Node] = []
    for output in outputs:
        stack = [output]
        while stack:
            index = stack[-1]
            if index in placed:
                stack.pop()
                continue
            waiting = [arg for arg in reversed(nodes[index].args) if arg not in placed]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            node = nodes[index]
            placed[index] = len(kept)
            args = tuple(placed[arg] for arg in node.args)
            kept.append(Node(node.op, node.version, args, node.type, node.lifted, node.value, node.name, node.bounds))
    return kept, placed


def to_document(group: str, nodes: Sequence[Node], inputs: Sequence[Input], outputs: Sequence[Output]) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "format": FORMAT,
        "fingerprint": fingerprint(nodes, outputs),
        "group": group,
        "inputs": [{"name": wanted.name, "type": str(wanted.type)} for wanted in inputs],
        "nodes": [_node(node) for node in nodes],
        "outputs": [{**asdict(output), "type": str(output.type), "domains": list(output.domains)} for output in outputs],
    }


def from_document(text: str | bytes) -> tuple[str, tuple[Node, ...], tuple[Input, ...], tuple[Output, ...]]:
    """A plan's parts; every node is typed anew, so a changed or foreign document ends in FeatureError."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise FeatureError(f"the plan has format {document['format']}, this release reads format {FORMAT}")
        nodes = _nodes(document["nodes"])
        inputs = tuple(Input(str(entry["name"]), _type(entry["type"])) for entry in document["inputs"])
        outputs = tuple(_output(entry, nodes) for entry in document["outputs"])
        group, expected = str(document["group"]), document["fingerprint"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as problem:
        if isinstance(problem, FeatureError):
            raise
        raise FeatureError(f"this is not a feature plan: {type(problem).__name__} {problem}"[:300]) from None
    if fingerprint(nodes, outputs) != expected:
        raise FeatureError("the plan was changed after it was written: its fingerprint differs", hint="compile it anew")
    return group, nodes, inputs, outputs


def _type(text: str) -> Type:
    kind = parse_type(text)
    if kind is None:
        raise FeatureError(f"the plan has a type {text!r}, which this release does not have")
    return kind


def _output(entry: dict[str, Any], nodes: Sequence[Node]) -> Output:
    output = Output(**{**entry, "type": _type(entry["type"]), "domains": tuple(entry["domains"])})
    if not 0 <= output.node < len(nodes) or nodes[output.node].type != output.type:
        raise FeatureError(f"the plan's output {output.name!r} does not fit its node")
    return output


def _nodes(entries: Sequence[Any]) -> tuple[Node, ...]:
    builder = Builder(fold=False, share=False)
    for position, entry in enumerate(entries):
        if entry[0] == COLUMN:
            builder.column(str(entry[2]), _type(entry[1]))
        elif entry[0] == CONSTANT:
            builder.constant(_constant(entry[2], _type(entry[1])), _type(entry[1]))
        else:
            _operation(builder, entry, position)
        if len(builder.nodes) != position + 1:
            raise FeatureError(f"the plan's node {position} does not have the types that it had when written")
    return tuple(builder.nodes)


def _operation(builder: Builder, entry: Sequence[Any], position: int) -> None:
    name, version, args = entry
    operation = versioned(name, version)
    if operation is None:
        raise FeatureError(f"the plan needs operation {name} version {version}, which this release does not have")
    if not all(isinstance(arg, int) and 0 <= arg < position for arg in args):
        raise FeatureError(f"the plan's node {position} has arguments that do not come before it")
    try:
        builder.apply(operation, args)
    except TypeProblem as problem:
        raise FeatureError(f"the plan's node {position} is wrong: {name} {problem.message}") from None


_PYTHON = {"int64": "int", "float64": "float", "utf8": "str", "bool": "bool"}


def _constant(value: Any, kind: Type) -> Value:
    if kind.is_list:
        if not isinstance(value, list) or len(value) > limits.LIST_LENGTH:
            raise FeatureError("the plan has a list constant that is none, or is too long")
        return tuple(_scalar(item, kind.element) for item in value)
    return _scalar(value, kind)


def _scalar(value: Scalar, kind: Type) -> Scalar:
    if value is not None and _PYTHON[kind.name] != type(value).__name__:
        raise FeatureError(f"the plan has a constant {value!r} that is no {kind}")
    return value
