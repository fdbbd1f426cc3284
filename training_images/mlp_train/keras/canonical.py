"""One way to write an ONNX graph: the same order and the same names for the same computation, whatever the converter did before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

FREE = ("rows", "length")


def make_canonical(graph: Any, inputs: Sequence[str], output: str) -> None:
    """Sort and rename the graph in place; its inputs and its one output get these names, their free dimensions those of FREE."""
    graph.name = "network"
    _sort(graph)
    _rename(graph, {item.name: name for item, name in zip(graph.input, inputs, strict=True)} | {graph.output[0].name: output, "": ""})
    for item in (*graph.input, *graph.output):
        for free, dimension in zip(FREE, item.type.tensor_type.shape.dim, strict=False):
            if not dimension.HasField("dim_value"):
                dimension.dim_param = free


def _sort(graph: Any) -> None:
    """Nodes in the order in which the outputs ask for them, depth first; initializers likewise. What no output needs goes."""
    maker = {name: node for node in graph.node for name in node.output}
    constants = {item.name: item for item in graph.initializer}
    done: set[str] = set()
    nodes: list[Any] = []
    initializers: list[Any] = []
    stack = [(item.name, False) for item in reversed(graph.output)]
    while stack:
        name, ready = stack.pop()
        if ready:
            nodes.append(maker[name])
        elif name in done:
            continue
        elif name in constants:
            initializers.append(constants[name])
        elif name in maker:
            for inner in _inner(maker[name]):
                _sort(inner)
            stack.append((name, True))
            stack += [(needed, False) for needed in reversed(list(_needs(maker[name]))) if needed not in done]
            done.update(maker[name].output)
        done.add(name)
    for field, kept in ((graph.node, nodes), (graph.initializer, initializers)):
        copies = [type(item).FromString(item.SerializeToString()) for item in kept]
        del field[:]
        field.extend(copies)
    # A runtime infers again what lies between.
    del graph.value_info[:]
    graph.doc_string = ""


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Number everything that has no name in `names` yet by its place."""
    for item in (*graph.input, *graph.initializer):
        item.name = names.setdefault(item.name, f"t{len(names)}")
    for node in graph.node:
        node.doc_string = ""
        node.input[:] = [names[name] for name in node.input]
        for inner in _inner(node):
            _rename(inner, names)
        node.output[:] = [names.setdefault(name, f"t{len(names)}") for name in node.output]
        node.name = f"{node.op_type}.{node.output[0]}"
    for item in graph.output:
        item.name = names[item.name]


def _needs(node: Any) -> Iterator[str]:
    """Names that a node reads, those that its inner graphs take from outside included."""
    yield from node.input
    for inner in _inner(node):
        own = {item.name for item in (*inner.input, *inner.initializer)} | {name for one in inner.node for name in one.output}
        for one in inner.node:
            yield from (name for name in _needs(one) if name not in own)
        yield from (item.name for item in inner.output if item.name not in own)


def _inner(node: Any) -> Iterator[Any]:
    """The graphs of a loop or a branch."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
