"""Random programs over random batches mean the same in the kernels and in the reference."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import feature_dsl
from feature_dsl.reference import compile_reference, run_plan

_path = Path(__file__).with_name("programs.py")
_spec = importlib.util.spec_from_file_location("feature_dsl_tests_programs", _path)
assert _spec is not None and _spec.loader is not None
programs = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = programs
_spec.loader.exec_module(programs)


def check_program(source: random.Random) -> None:
    """One random program over one random batch."""
    generator = programs.Programs(source)
    script = generator.script(source.randint(1, 5))
    features = feature_dsl.load(script)
    plan = features.compile(schema=programs.SCHEMA)
    batch = generator.batch(source.choice([0, 1, 2, 7, 7, 7]))
    result = plan.run(batch).column(0).to_pylist()
    written = compile_reference(features, schema=programs.SCHEMA)
    rows = batch.to_pylist()
    expected = [run_plan(written, row)["feature"] for row in rows]
    assert programs.exact(result) == programs.exact(expected), f"{script}\n{rows}"
    one_by_one = [plan.run(batch.slice(row, 1)).column(0).to_pylist()[0] for row in range(batch.num_rows)]
    assert programs.exact(one_by_one) == programs.exact(result), f"{script}\n{rows}"
    again = feature_dsl.Plan.from_json(plan.to_json())
    assert again == plan and again.fingerprint == plan.fingerprint
    assert feature_dsl.load(features.lowered()).compile(schema=programs.SCHEMA).fingerprint == plan.fingerprint


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_kernels_equal_reference(seed: int) -> None:
    check_program(random.Random(seed))


@pytest.mark.slow
def test_many_programs() -> None:
    for seed in range(2_500):
        check_program(random.Random(seed))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_encodings_of_one_column_give_one_result(seed: int) -> None:
    source = random.Random(seed)
    generator = programs.Programs(source)
    plan = feature_dsl.load(generator.script(3)).compile(schema=programs.SCHEMA)
    batch = generator.batch(9)
    expected = plan.run(batch)
    texts: dict[str, Callable[[pa.Array], pa.Array]] = {
        "large": lambda array: array.cast(pa.large_string()),
        "view": lambda array: pa.array(array.to_pylist(), pa.string_view()),
        "dictionary": lambda array: array.dictionary_encode(),
        "sliced": lambda array: pa.concat_arrays([array.slice(4), array]).slice(len(array) - 4),
    }
    for encode in texts.values():
        arrays = [encode(column) if pa.types.is_string(column.type) else column for column in batch.columns]
        encoded = pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
        assert plan.run(encoded).equals(expected)
    double = pa.Table.from_batches([batch, batch])
    both = plan.run(double)
    assert both.num_rows == 18 and both.slice(9).combine_chunks().to_batches()[0].equals(expected)
    sliced = pa.RecordBatch.from_arrays([pa.concat_arrays([c, c]) for c in batch.columns], schema=batch.schema)
    assert plan.run(sliced.slice(5, 9)).column(0).to_pylist() == (expected.column(0).to_pylist() * 2)[5:14]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_rows_of_several_blocks_are_as_rows_of_small_batches(seed: int) -> None:
    source = random.Random(seed)
    generator = programs.Programs(source)
    plan = feature_dsl.load(generator.script(3)).compile(schema=programs.SCHEMA)
    few = generator.batch(130)
    batch = pa.Table.from_batches([few] * 18).combine_chunks().to_batches()[0]
    parts = [plan.run(batch.slice(start, 77)) for start in range(0, batch.num_rows, 77)]
    assert plan.run(batch).column(0).to_pylist() == [value for part in parts for value in part.column(0).to_pylist()]
