"""Runs a plan over Arrow batches: binds the program to a schema, hands the batch over, spreads rows over threads."""

from __future__ import annotations

import collections
import functools
import os
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from feature_dsl.errors import FeatureError
from feature_dsl.machine import registers as layout
from feature_dsl.machine.arrow import ARRAY
from feature_dsl.machine.program import Assembly, Program, load_kind, load_step
from feature_dsl.machine.running import (
    begin_block,
    give_back,
    merge,
    open_shared,
    release_memory,
    run_part,
    run_step,
    run_whole,
    seal,
)
from feature_dsl.machine.values import offset_values, python_values
from feature_dsl.plan.nodes import Input, Node, check_columns
from feature_dsl.types import Value, from_arrow, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_PER_THREAD = 16_384
"""Fewer rows are not worth waking a thread for."""

_WIDE = 4
"""A batch with this many times the columns that are read is narrowed before it is handed over."""


def default_threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="feature_dsl")


# Threads do not come along into a forked child.
os.register_at_fork(after_in_child=_pool.cache_clear)


class _Workspace:
    """A thread's frame and registers, and the memory that it keeps from run to run."""

    def __init__(self, program: Program) -> None:
        registers, outputs = program.template.copy(), program.outputs.copy()
        self.words = np.zeros(layout.FRAME + 2 * ARRAY, np.int64)
        self.words[layout.REGISTERS], self.words[layout.RESULTS] = registers.ctypes.data, outputs.ctypes.data
        self.registers = registers
        self.address = int(self.words.ctypes.data)
        self.array = self.address + 8 * layout.FRAME
        self.structure = self.array + 8 * ARRAY
        # at the process's end its memory goes by itself
        weakref.finalize(self, _release_chunks, (self.words, registers, outputs), self.address).atexit = False


def _release_chunks(kept: Any, address: int) -> None:
    release_memory(address)


@dataclass(frozen=True)
class _Bound:
    """The program for batches of one schema.

    :param columns: places of the columns that are read, where the batch is to be narrowed to them; None: it is taken whole.
    :param converted: places of columns that Arrow converts first (nulls without a type, dictionaries of lists), and to what.
    """

    schema: Any
    program: Program
    columns: tuple[int, ...] | None
    converted: tuple[tuple[int, Any], ...]
    workspaces: collections.deque[_Workspace]

    def workspace(self) -> _Workspace:
        """One that no other thread has, to be appended to ``workspaces`` after a run that went well."""
        try:
            return self.workspaces.pop()
        except IndexError:
            return _Workspace(self.program)


class Engine:
    """A plan's kernels, ready to run. Threads may share it.

    :param nodes: a plan's nodes, arguments first.
    :param outputs: nodes of the features.
    :param schema: Arrow schema of the result.
    """

    def __init__(self, nodes: Sequence[Node], outputs: Sequence[int], schema: pa.Schema) -> None:
        self._assembly = Assembly(nodes, outputs)
        self._nodes = nodes
        self._schema = schema
        self._bound: _Bound | None = None

    def run(self, batch: pa.RecordBatch, threads: int | None = None) -> pa.RecordBatch:
        """One column per feature.

        :param threads: at most so many; None: all cores where there are rows enough.
        :raises FeatureError: where a column is missing or its type differs (integers widen).
        """
        bound = self.bind(batch.schema)
        batch, rows = _prepared(batch, bound), batch.num_rows
        parts = rows // _ROWS_PER_THREAD
        if parts > 1:
            parts = min(default_threads() if threads is None else threads, parts)
        if parts > 1:
            return self._run_parts(bound, batch, rows, parts)
        work = bound.workspace()
        batch._export_to_c(work.array)
        _check(run_whole(bound.program.address, work.address, work.array, rows, work.structure))
        found = _imported(work.structure, self._schema)
        bound.workspaces.append(work)
        return found

    def bind(self, schema: pa.Schema) -> _Bound:
        """The program for batches of a schema."""
        bound = self._bound
        if bound is None or not (bound.schema is schema or bound.schema.equals(schema)):
            bound = self._bound = self._bind(schema)
        return bound

    def _bind(self, schema: pa.Schema) -> _Bound:
        check_columns((Input(node.name, node.type) for _, node in self._assembly.columns), schema.names)
        places, converted, loads = [], [], []
        narrow = len(schema) > _WIDE * (len(self._assembly.columns) + 1)
        for number, (index, node) in enumerate(self._assembly.columns):
            if schema.names.count(node.name) > 1:
                raise FeatureError(f"the data has the column {node.name!r} more than once", hint="rename one of them")
            field = schema.field(node.name)
            kind = _read_as(field, node)
            place = schema.get_field_index(node.name)
            if kind != field.type:
                converted.append((place, kind))
            places.append(place)
            loads.append(load_step(index, number if narrow else place, load_kind(kind)))
        program = self._assembly.program(loads)
        return _Bound(schema, program, tuple(places) if narrow else None, tuple(converted), collections.deque())

    def _run_parts(self, bound: _Bound, batch: pa.RecordBatch, rows: int, parts: int) -> pa.RecordBatch:
        program, address = bound.program, bound.program.address
        edges = [rows * part // parts for part in range(parts + 1)]
        works = [_Workspace(program) for _ in range(parts)]
        first = works[0]
        batch._export_to_c(first.array)
        block = open_shared(address, first.address, rows)
        try:
            running = [
                _pool(parts).submit(run_part, address, first.address, work.address, first.array, edges[part], edges[part + 1])
                for part, work in enumerate(works)
                if part
            ]
            problems = [run_part(address, first.address, first.address, first.array, 0, edges[1])]
            problems += [future.result() for future in running]
        finally:
            give_back(first.array)
        for part, work in enumerate(works[1:], 1):
            if not merge(address, first.address, work.address, edges[part], edges[part + 1]):
                problems.append(layout.TOO_LONG)
        problem = max(problems)
        seal(address, first.address, block, rows, 0 if problem else first.structure)
        _check(problem)
        return _imported(first.structure, self._schema)

    def profile(self, batch: pa.RecordBatch) -> dict[int, float]:
        """Seconds per node of one run of this thread over ``batch``, results not stored."""
        seconds: dict[int, float] = collections.defaultdict(float)
        for _ in self._stepwise(batch, seconds):
            pass
        return dict(seconds)

    def values(self, batch: pa.RecordBatch, node: int) -> list[Value]:
        """What a node gives for each row: for tests, and for people who look into a plan."""
        found: list[Value] = []
        for frame, rows in self._stepwise(batch, collections.defaultdict(float)):
            found += _read(frame.registers[node], rows, self._nodes[node])
        return found

    def _stepwise(self, batch: pa.RecordBatch, seconds: dict[int, float]) -> Iterator[tuple[_Workspace, int]]:
        bound = self.bind(batch.schema)
        batch, rows = _prepared(batch, bound), batch.num_rows
        work = _Workspace(bound.program)
        batch._export_to_c(work.array)
        try:
            for first in range(0, rows, 16_384):
                count = min(16_384, rows - first)
                begin_block(work.address, work.array, first, count)
                place = int(bound.program.code.ctypes.data)
                for step in bound.program.steps:
                    begin = time.perf_counter()
                    run_step(work.address, place)
                    seconds[step.node] += time.perf_counter() - begin
                    place += 8 * len(step.words())
                yield work, count
        finally:
            give_back(work.array)


def _read_as(field: pa.Field, node: Node) -> Any:
    """The Arrow type that a column is loaded from: its own, but for those that no loader knows."""
    import pyarrow as pa

    if pa.types.is_null(field.type):
        return to_arrow(node.type)
    if from_arrow(field.type) != node.type:
        raise FeatureError(
            f"column {field.name!r} is {field.type}, but the features read it as {node.type}",
            hint="cast the column, or change its type in the feature file",
        )
    return field.type.value_type if node.type.is_list and pa.types.is_dictionary(field.type) else field.type


def _prepared(batch: pa.RecordBatch, bound: _Bound) -> pa.RecordBatch:
    import pyarrow as pa

    for place, kind in bound.converted:
        array = batch.column(place)
        array = array.dictionary_decode() if pa.types.is_dictionary(array.type) else pa.nulls(len(array), kind)
        batch = batch.set_column(place, batch.schema.names[place], array)
    return batch if bound.columns is None else batch.select(list(bound.columns))


def _imported(structure: int, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch._import_from_c(structure, schema)


def _check(problem: int) -> None:
    if problem == layout.TOO_LONG:
        raise FeatureError("a list column has more than 2³¹ elements in one batch", hint="use smaller batches")


def _read(words: Any, rows: int, node: Node) -> list[Value]:
    values = python_values(int(words[layout.DATA]), int(words[layout.MORE]), int(words[layout.COUNT]), node.type.element)
    step = int(words[layout.STEP])
    if not node.type.is_list:
        return [values[row * step] for row in range(rows)]
    offsets = offset_values(int(words[layout.OFFSETS]), rows + 1 if step else 2)
    return [tuple(values[offsets[row * step] : offsets[row * step + 1]]) for row in range(rows)]
