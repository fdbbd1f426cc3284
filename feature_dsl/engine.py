"""Runs a plan's nodes over columns: looks kernels up once, makes their state once, then only calls them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feature_dsl.kernels.columns import Call, Column, Lists, broadcast, common_size, constant_column
from feature_dsl.operations.base import Operation, resolve, versioned
from feature_dsl.plan.nodes import COLUMN, CONSTANT, Node
from feature_dsl.types import Value

Kernel = Callable[[Call], Column]
Clock = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """One call of a kernel."""

    node: int
    kernel: Kernel
    args: tuple[int, ...]
    constants: tuple[Value, ...]
    state: Any
    lifted: int | None


class Engine:
    """The kernels of a plan, ready to run. It holds nothing that a run changes: threads may share it.

    :param nodes: a plan's nodes, arguments first.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._columns = {node.name: index for index, node in enumerate(nodes) if node.op == COLUMN}
        self._constants = {index: constant_column(node.value, node.type) for index, node in enumerate(nodes) if node.op == CONSTANT}
        self._steps = [self._step(nodes, index) for index, node in enumerate(nodes) if node.version > 0]
        self._size = len(nodes)

    def _step(self, nodes: Sequence[Node], index: int) -> _Step:
        node = nodes[index]
        operation = versioned(node.op, node.version)
        assert operation is not None
        kernel: Any = resolve(operation.kernel)
        lifted = _lifted(operation, node, nodes)
        state = None
        if operation.prepare is not None:
            state = resolve(operation.prepare)(tuple(self._constants.get(arg) for arg in node.args))
        constants = tuple(nodes[arg].value for arg in node.args)
        return _Step(index, kernel, node.args, constants, state, lifted)

    def run(self, columns: Mapping[str, Column], clock: Clock | None = None) -> list[Any]:
        """The column of every node: ``rows`` rows, or one row where it is the same for all.

        :param columns: a column for each column node's name.
        :param clock: called with a node's index and its seconds.
        """
        results: list[Any] = [None] * self._size
        for name, index in self._columns.items():
            results[index] = columns[name]
        for index, constant in self._constants.items():
            results[index] = constant
        for step in self._steps:
            begin = time.perf_counter() if clock else 0.0
            args = [results[arg] for arg in step.args]
            results[step.node] = _run_step(step, args)
            if clock:
                clock(step.node, time.perf_counter() - begin)
        return results


def _lifted(operation: Operation, node: Node, nodes: Sequence[Node]) -> int | None:
    if not node.lifted:
        return None
    return next(place for place in operation.lifts if place < len(node.args) and nodes[node.args[place]].type.is_list)


def _run_step(step: _Step, args: list[Any]) -> Column:
    size = common_size(args)
    if step.lifted is None:
        return step.kernel(Call(tuple(args), step.constants, step.state, size))
    lists = broadcast(args[step.lifted], size)
    assert isinstance(lists, Lists)
    row_of_element = np.repeat(np.arange(lists.size), lists.lengths())
    elements = [lists.child if place == step.lifted else _spread(column, row_of_element) for place, column in enumerate(args)]
    child = step.kernel(Call(tuple(elements), step.constants, step.state, lists.child.size))
    full = broadcast(child, lists.child.size)
    assert not isinstance(full, Lists)
    return Lists(lists.offsets, full)


def _spread(column: Any, rows: Any) -> Any:
    return column if column.size == 1 else column.take(rows)
