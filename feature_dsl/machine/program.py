"""A plan's nodes as the machine's program: registers with the constants in them, and the steps in order."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_dsl.machine import registers as layout
from feature_dsl.machine.compiled import callback
from feature_dsl.machine.loading import FIXED_LIST, LARGE_LIST, LIST, PLAIN, loader
from feature_dsl.machine.results import IS_LIST, OUTPUT, SOURCE, release_column, release_result
from feature_dsl.machine.running import PROGRAM
from feature_dsl.machine.values import constant_words
from feature_dsl.operations.base import Operation, resolve, versioned
from feature_dsl.plan.nodes import COLUMN, CONSTANT, Node
from feature_dsl.types import Type

Words = npt.NDArray[np.int64]
BLOCK_ROWS = 512
"""Rows of a block: registers of a block of a usual plan stay in a core's cache."""

KINDS = {"int64": layout.INT, "float64": layout.FLOAT, "utf8": layout.TEXT, "bool": layout.BOOL}


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a kernel.

    :param node: the plan's node that it is for.
    :param address: of the kernel.
    :param arguments: registers, or a loading step's words.
    :param shape: register of the list whose elements it goes along, -1: rows.
    :param state: arrays that ``prepare`` made.
    """

    node: int
    address: int
    result: int
    arguments: tuple[int, ...]
    shape: int = -1
    state: tuple[npt.NDArray[Any], ...] = ()

    def words(self) -> list[int]:
        """The step as the machine reads it."""
        states = layout.ARGUMENTS + len(self.arguments)
        record = [states + 2 * len(self.state), self.address, self.result, self.shape, states, *self.arguments]
        for array in self.state:
            record += [array.ctypes.data, len(array)]
        return record


@dataclass(frozen=True)
class Program:
    """What does not change from run to run: threads share it.

    :param words: what compiled code gets; the rest keeps the memory that they name.
    :param template: registers, constants in them.
    :param outputs: registers of the features, as ``results`` has them.
    """

    words: Words
    code: Words
    steps: tuple[Step, ...]
    template: Words
    outputs: Words
    keep: tuple[Any, ...]

    @property
    def address(self) -> int:
        return int(self.words.ctypes.data)


class Assembly:
    """Puts the steps of a plan's nodes together, all but those that load columns.

    :param nodes: a plan's nodes, arguments first.
    :param outputs: nodes of the features.
    """

    def __init__(self, nodes: Sequence[Node], outputs: Sequence[int]) -> None:
        self._nodes = nodes
        self._outputs = outputs
        self._registers = [node.type for node in nodes]
        self.steps: list[Step] = []
        self.columns = [(index, node) for index, node in enumerate(nodes) if node.op == COLUMN]
        for index, node in enumerate(nodes):
            if node.version > 0:
                self._add(index, node)
        self._template, self._keep = _template(nodes, self._registers)

    def program(self, loads: Sequence[Step]) -> Program:
        """The whole program, for columns that are loaded so."""
        steps = (*loads, *self.steps)
        code = np.array([word for step in steps for word in step.words()], np.int64)
        outputs = np.zeros((len(self._outputs), OUTPUT), np.int64)
        for place, node in enumerate(self._outputs):
            outputs[place, SOURCE], outputs[place, IS_LIST] = node, self._nodes[node].type.is_list
        words = np.zeros(PROGRAM, np.int64)
        words[:4] = code.ctypes.data, len(steps), len(outputs), BLOCK_ROWS
        words[4:6] = _release_addresses()
        return Program(words, code, steps, self._template, outputs, self._keep)

    def _add(self, index: int, node: Node) -> None:
        operation = versioned(node.op, node.version)
        assert operation is not None
        arguments, shape = list(node.args), -1
        if node.lifted:
            place = _lifted_place(operation, [self._registers[arg] for arg in arguments])
            shape = arguments[place]
            if self._nodes[shape].op == CONSTANT:
                shape = self._helper(index, "broadcast", (shape,), self._registers[shape])
                arguments[place] = shape
            for other, arg in enumerate(arguments):
                if other != place and self._nodes[arg].op != CONSTANT and not self._registers[arg].is_list:
                    arguments[other] = self._helper(index, "spread", (arg, shape), self._registers[arg].as_list)
        kernel: Any = resolve(operation.kernel)
        variant = kernel.variant([self._registers[arg] for arg in arguments])
        self.steps.append(Step(index, variant.address, index, tuple(arguments), shape, self._state(operation, node)))

    def _helper(self, node: int, name: str, arguments: tuple[int, ...], kind: Type) -> int:
        kernel: Any = resolve(f"feature_dsl.kernels.spreading:{name}")
        self._registers.append(kind)
        target = len(self._registers) - 1
        self.steps.append(Step(node, kernel.variant([self._registers[arg] for arg in arguments]).address, target, arguments))
        return target

    def _state(self, operation: Operation, node: Node) -> tuple[npt.NDArray[Any], ...]:
        if operation.prepare is None:
            return ()
        values = tuple(self._nodes[arg].value for arg in node.args)
        types = tuple(self._nodes[arg].type for arg in node.args)
        made: Any = resolve(operation.prepare)(values, types)
        return tuple(made)


def load_step(node: int, column: int, kind: LoadKind) -> Step:
    """The step that loads a batch's column into a column node's register."""
    return Step(node, loader(kind.element).address, node, (column, kind.nesting, kind.width, kind.index))


@dataclass(frozen=True, slots=True)
class LoadKind:
    """How a column's Arrow type is read: see ``loading``.

    :param index: bytes of a dictionary's indices, negative where they are signed; 0 without a dictionary.
    """

    element: str
    nesting: int = PLAIN
    width: int = 0
    index: int = 0


def load_kind(data_type: Any) -> LoadKind:
    """How a column of an Arrow type that ``types.from_arrow`` knows is read (a dictionary of lists aside)."""
    import pyarrow as pa

    kinds = pa.types
    for check, nesting in ((kinds.is_list, LIST), (kinds.is_large_list, LARGE_LIST), (kinds.is_fixed_size_list, FIXED_LIST)):
        if check(data_type):
            inner = load_kind(data_type.value_type)
            return LoadKind(inner.element, nesting, data_type.list_size if nesting == FIXED_LIST else 0, inner.index)
    if kinds.is_dictionary(data_type):
        width = data_type.index_type.bit_width // 8
        index = -width if kinds.is_signed_integer(data_type.index_type) else width
        return LoadKind(str(data_type.value_type), index=index)
    return LoadKind(str(data_type))


def _lifted_place(operation: Operation, kinds: Sequence[Type]) -> int:
    return next(place for place in operation.lifts if place < len(kinds) and kinds[place].is_list)


def _template(nodes: Sequence[Node], kinds: Sequence[Type]) -> tuple[Words, tuple[Any, ...]]:
    table = np.zeros((len(kinds), layout.REGISTER), np.int64)
    keep: list[Any] = []
    for index, kind in enumerate(kinds):
        table[index, layout.KIND] = KINDS[kind.name]
        if index < len(nodes) and nodes[index].op == CONSTANT:
            data, more, offsets, kept = constant_words(nodes[index].value, kind)
            table[index, layout.COUNT], table[index, layout.DATA] = len(data), data.ctypes.data
            table[index, layout.MORE] = 0 if more is None else more.ctypes.data
            table[index, layout.OFFSETS] = 0 if offsets is None else offsets.ctypes.data
            keep += [data, more, offsets, kept]
    return table, tuple(keep)


@functools.cache
def _callbacks() -> tuple[Any, Any]:
    return callback(release_result), callback(release_column)


def _release_addresses() -> tuple[int, int]:
    result, column = _callbacks()
    return int(result.address), int(column.address)
