"""Checks that the kernels and the reference give the same, on one file of random programs."""

from __future__ import annotations

import collections
import importlib.util
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import feature_dsl
from feature_dsl.machine import engine
from feature_dsl.plan.nodes import Node
from feature_dsl.plan.plan import Plan
from feature_dsl.reference import compile_reference
from feature_dsl.reference.interpreter import evaluate
from feature_dsl.types import Value

_path = Path(__file__).with_name("programs.py")
_spec = importlib.util.spec_from_file_location("feature_dsl_tests_programs", _path)
assert _spec is not None and _spec.loader is not None
programs = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = programs
_spec.loader.exec_module(programs)
encodings = programs.sibling("encodings")

PROGRAMS_PER_FILE = 40
_ROWS = [0, 1, 2, 3, *range(4, 13), 6, 7, 20]
_TIMES_MORE = 3_000
_FEW_PER_THREAD = 700
"""Rows that are worth a thread in these tests, so that few rows do for two."""


@dataclass(frozen=True)
class Meant:
    """What the reference gives.

    :param columns: values by feature.
    :param missing: for each operation, in how many features one of its inputs was missing in some row.
    """

    columns: dict[str, list[Any]]
    missing: collections.Counter[str]


def meaning(features: feature_dsl.FeatureSet, batch: pa.RecordBatch) -> Meant:
    """Evaluates features by the reference, nothing folded, nothing shared."""
    plan = compile_reference(features, schema=programs.SCHEMA)
    rows = [_node_values(plan, row) for row in batch.to_pylist()]
    columns = {output.name: [_plain(values[output.node]) for values in rows] for output in plan.outputs}
    return Meant(columns, _missing_inputs(plan, rows))


def _node_values(plan: Plan, row: dict[str, Any]) -> list[Value]:
    values: list[Value] = []
    for node in plan.nodes:
        values.append(evaluate(node, values, row))
    return values


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _missing_inputs(plan: Plan, rows: Sequence[Sequence[Value]]) -> collections.Counter[str]:
    """Nodes that nothing shares lie feature by feature, each feature's last."""
    lacking = [any(_lacks(values[place]) for values in rows) for place in range(len(plan.nodes))]
    found: collections.Counter[str] = collections.Counter()
    begin = 0
    for end in sorted({output.node for output in plan.outputs}):
        found.update({node.op for node in plan.nodes[begin : end + 1] if _is_operation(node) and any(lacking[arg] for arg in node.args)})
        begin = end + 1
    return found


def _is_operation(node: Node) -> bool:
    return node.version > 0


def _lacks(value: Value) -> bool:
    return value is None or value == () or (isinstance(value, tuple) and None in value)


def check_file(seed: int, count: int = PROGRAMS_PER_FILE) -> Meant:
    """Draws programs and a batch, and checks them. Raises AssertionError with the smallest failing part that it finds."""
    source = random.Random(seed)
    generator = programs.Programs(source)
    scripts = generator.scripts(count)
    batch = generator.batch(source.choice(_ROWS), "\n".join(scripts))
    features = feature_dsl.load(programs.as_file(scripts))
    meant = meaning(features, batch)
    plan = features.compile(schema=programs.SCHEMA)
    result = plan.run(batch)
    for place, name in enumerate(result.schema.names):
        if programs.exact(result.column(name).to_pylist()) != programs.exact(meant.columns[name]):
            raise AssertionError(f"seed {seed}: {smallest(scripts[place], batch)}")
    for problem in _other_ways(plan, batch, result, source):
        raise AssertionError(f"seed {seed}: {problem}\n{programs.as_file(scripts)}\n{batch.to_pylist()}")
    if seed % 3 == 0:
        again = feature_dsl.Plan.from_json(plan.to_json())
        assert again == plan and again.fingerprint == plan.fingerprint, f"seed {seed}: another plan after JSON"
    if seed % 10 == 0:
        lowered = feature_dsl.load(features.lowered()).compile(schema=programs.SCHEMA)
        assert lowered.fingerprint == plan.fingerprint, f"seed {seed}: another plan after printing"
    return meant


def _other_ways(plan: Plan, batch: pa.RecordBatch, result: pa.RecordBatch, source: random.Random) -> Iterator[str]:
    """The same rows in other encodings, one by one, in pieces, in many blocks and by two threads."""
    encoded = encodings.encoded(batch, source)
    if not same_bits(plan.run(encoded), result):
        yield f"the encodings {encoded.schema.types} change the result"
    if not same_bits(_joined(plan.run(encodings.chunked(encoded, source))), result):
        yield "the rows in several batches differ from those in one"
    alone = [plan.run(encoded.slice(row, 1)) for row in range(batch.num_rows)]
    if alone and not same_bits(_joined(pa.Table.from_batches(alone)), result):
        yield "the rows alone differ from the batch"
    if batch.num_rows and source.random() < 0.1:
        rows = pa.array(source.choices(range(batch.num_rows), k=source.randint(600, _TIMES_MORE)))
        usual = engine._ROWS_PER_THREAD
        engine._ROWS_PER_THREAD = _FEW_PER_THREAD
        try:
            for threads in (1, 2):
                if not same_bits(plan.run(batch.take(rows), threads=threads), result.take(rows)):
                    yield f"{len(rows)} rows on {threads} threads differ from the few that they repeat"
        finally:
            engine._ROWS_PER_THREAD = usual


def _joined(table: pa.Table) -> pa.RecordBatch:
    arrays = [column.combine_chunks() for column in table.columns]
    return pa.RecordBatch.from_arrays([array if isinstance(array, pa.Array) else array.chunk(0) for array in arrays], schema=table.schema)


def same_bits(left: pa.RecordBatch, right: pa.RecordBatch) -> bool:
    """Whether two results of one schema are equal bit by bit."""
    return left.num_rows == right.num_rows and all(
        _words(one) == _words(other) for one, other in zip(left.columns, right.columns, strict=True)
    )


def _words(column: pa.Array) -> tuple[bytes, bytes]:
    lengths = pc.list_value_length(column).to_numpy().tobytes() if pa.types.is_list(column.type) else b""
    values = column.flatten() if lengths or pa.types.is_list(column.type) else column
    return lengths, values.to_numpy(zero_copy_only=False).tobytes()


def smallest(script: str, batch: pa.RecordBatch) -> str:
    """A script on which kernels and reference differ, with as few rows as show it, and both results."""
    rows = list(range(batch.num_rows))
    for row in list(rows):
        fewer = [other for other in rows if other != row]
        if differs(script, batch.take(pa.array(fewer, pa.int64()))):
            rows = fewer
    part = batch.take(pa.array(rows, pa.int64()))
    kernels, reference = _both(script, part)
    return f"\n{script}\nrows: {part.to_pylist()}\nkernels: {kernels}\nreference: {reference}"


def differs(script: str, batch: pa.RecordBatch) -> bool:
    """Whether kernels and reference differ on a script."""
    kernels, reference = _both(script, batch)
    return bool(programs.exact(kernels) != programs.exact(reference))


def _both(script: str, batch: pa.RecordBatch) -> tuple[list[Any], list[Any]]:
    features = feature_dsl.load(script)
    result = features.compile(schema=programs.SCHEMA).run(batch).column(0).to_pylist()
    return result, meaning(features, batch).columns["feature"]
