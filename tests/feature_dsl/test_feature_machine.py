"""The machine under a plan: memory, threads, encodings and lifetimes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl import FeatureError

FILE = """
version: 1
group: machine
domains:
  user: {key: uid, columns: {uid: utf8, age: int64, score: float64, vip: bool}}
  item: {key: tags, columns: {tags: list<utf8>, counts: list<int64>}}
features:
  - {name: uid_id, kind: id_feature, source: uid, hash_buckets: 1000}
  - {name: age_bucket, kind: boundary_feature, source: age, boundaries: [10, 20, 30]}
  - {name: score_log, kind: expr_feature, expr: 'log10(x("score"))'}
  - {name: vip_flag, kind: expr_feature, expr: 'int(x("vip"))'}
  - {name: tag_ids, kind: list_feature, source: tags, hash_buckets: 500}
  - {name: total, kind: expr_feature, expr: 'list_sum(x("counts"))'}
  - {name: tag_x_age, kind: cross_feature, inputs: [tags, age], hash_buckets: 500}
"""
ROWS = 3_000


@pytest.fixture(scope="module")
def plan() -> feature_dsl.Plan:
    return feature_dsl.load(FILE).compile()


def batch(rows: int = ROWS, seed: int = 1) -> pa.RecordBatch:
    source = np.random.default_rng(seed)

    def some(values: list[object]) -> list[object]:
        return [None if source.random() < 0.1 else values[source.integers(len(values))] for _ in range(rows)]

    return pa.RecordBatch.from_pydict(
        {
            "uid": pa.array(some(["", "a", "ä", "user_12345", "x" * 40]), pa.utf8()),
            "age": pa.array(some([-5, 0, 10, 29, 2**40]), pa.int64()),
            "score": pa.array(some([0.0, 1.0, 1000.0, float("nan"), -3.0]), pa.float64()),
            "vip": pa.array(some([True, False]), pa.bool_()),
            "tags": pa.array(some([[], ["a", None, "long enough to leave the view"], ["b"]]), pa.list_(pa.utf8())),
            "counts": pa.array(some([[], [1, None, 2], [2**63 - 1, 1]]), pa.list_(pa.int64())),
        }
    )


def test_threads_and_slices_change_nothing(plan: feature_dsl.Plan) -> None:
    data = batch(70_000)
    alone = plan.run(data, threads=1)
    alone.validate(full=True)
    for threads in (2, 3, 4):
        assert plan.run(data, threads=threads).equals(alone)
    assert plan.run(pa.Table.from_batches([data.slice(0, 33_333), data.slice(33_333)])).combine_chunks().to_batches()[0].equals(alone)
    assert plan.run(data.slice(12_345, 777)).equals(alone.slice(12_345, 777))


def test_a_plan_serves_many_threads_at_once(plan: feature_dsl.Plan) -> None:
    data = [batch(500, seed) for seed in range(6)]
    expected = [plan.run(part) for part in data]
    with ThreadPoolExecutor(6) as pool:
        for part, wanted in zip(data * 20, pool.map(plan.run, data * 20), strict=True):
            assert wanted.equals(expected[data.index(part)])


def test_schemas_may_take_turns(plan: feature_dsl.Plan) -> None:
    data = batch(50)
    other = data.select(list(reversed(data.schema.names))).append_column("more", pa.array(range(50)))
    expected = plan.run(data)
    for _ in range(3):
        assert plan.run(other).equals(expected)
        assert plan.run(data).equals(expected)


ENCODINGS = {
    "large texts": {"uid": pa.large_string(), "tags": pa.large_list(pa.large_string())},
    "views": {"uid": pa.string_view(), "tags": pa.list_(pa.string_view())},
    "dictionaries": {"uid": pa.dictionary(pa.int8(), pa.utf8()), "tags": pa.list_(pa.dictionary(pa.uint16(), pa.utf8()))},
    "large lists": {"counts": pa.large_list(pa.int64())},
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_encoding_is_not_a_difference(plan: feature_dsl.Plan, name: str) -> None:
    data = batch()
    types = ENCODINGS[name]
    arrays = [pa.array(data.column(field.name).to_pylist(), types.get(field.name, field.type)) for field in data.schema]
    encoded = pa.RecordBatch.from_arrays(arrays, names=data.schema.names)
    expected = plan.run(data)
    assert plan.run(encoded).equals(expected)
    assert plan.run(encoded.slice(100, 999)).equals(expected.slice(100, 999))


@pytest.mark.parametrize("kind", [pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32()])
def test_integers_widen(kind: pa.DataType) -> None:
    plan = feature_dsl.load('def meta(){ initArray(1, 7) }\ndef main(){ array(x("age") * 2) }\n').compile(schema=pa.schema([("age", kind)]))
    data = pa.RecordBatch.from_arrays([pa.array([1, None, 100, 0], kind)], names=["age"])
    assert plan.run(data).column(0).to_pylist() == [2, 7, 200, 0]
    assert plan.run(data.slice(1, 2)).column(0).to_pylist() == [7, 200]


def test_null_lists_that_span_elements_are_empty(plan: feature_dsl.Plan) -> None:
    data = batch(4)
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 4, 5, 7], pa.int32()), pa.array([1, 2, 3, 4, 5, 6, 7], pa.int64()))
    valid = pa.py_buffer(bytes([0b1101]))
    spanning = pa.Array.from_buffers(lists.type, 4, [valid, lists.buffers()[1]], children=[lists.values])
    changed = data.set_column(data.schema.get_field_index("counts"), "counts", spanning)
    assert plan.run(changed).column("total").to_pylist() == [3.0, 0.0, 5.0, 13.0]


def test_fixed_lists_dictionaries_of_lists_and_columns_without_a_type(plan: feature_dsl.Plan) -> None:
    data = batch(3)
    place = data.schema.get_field_index("counts")
    fixed = pa.array([[1, 2], None, [3, None]], pa.list_(pa.int64(), 2))
    assert plan.run(data.set_column(place, "counts", fixed)).column("total").to_pylist() == [3, 0, 3]
    words = pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.int8()), pa.array([[5], [6, 7]], pa.list_(pa.int64())))
    assert plan.run(data.set_column(place, "counts", words)).column("total").to_pylist() == [13, 0, 5]
    assert plan.run(data.set_column(place, "counts", pa.nulls(3))).column("total").to_pylist() == [0, 0, 0]


def test_a_wrong_type_names_the_column(plan: feature_dsl.Plan) -> None:
    data = batch(2)
    with pytest.raises(FeatureError, match="column 'age' is string, but the features read it as int64"):
        plan.run(data.set_column(data.schema.get_field_index("age"), "age", pa.array(["1", "2"])))


def test_a_column_that_stands_twice_is_refused(plan: feature_dsl.Plan) -> None:
    data = batch(2)
    with pytest.raises(FeatureError, match="the data has the column 'age' more than once"):
        plan.run(data.append_column("age", pa.array([1, 2])))


def test_a_forked_child_has_threads_of_its_own(plan: feature_dsl.Plan) -> None:
    data = batch(40_000)
    expected = plan.run(data, threads=2)
    child = os.fork()
    if child == 0:
        os._exit(0 if plan.run(data, threads=2).equals(expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_no_rows_and_no_columns(plan: feature_dsl.Plan) -> None:
    assert plan.run(batch(5).slice(5)).num_rows == 0
    constant = feature_dsl.load("def meta(){ initArray(2, 0) }\ndef main(){ array(1, 2) }\n").compile()
    assert constant.run(batch(3)).column(0).to_pylist() == [[1, 2]] * 3
    assert constant.run(pa.Table.from_batches([batch(3)])).column(0).to_pylist() == [[1, 2]] * 3


def test_results_outlive_their_plan() -> None:
    result = feature_dsl.load(FILE).compile().run(batch())
    expected = result.to_pydict()
    part = result.column("tag_ids").slice(7, 100)
    del result
    gc.collect()
    assert part.to_pylist() == expected["tag_ids"][7:107]


def test_results_may_live_until_the_process_ends() -> None:
    script = (
        "import feature_dsl, pyarrow as pa, builtins\n"
        "features = feature_dsl.load('def meta(){ initList() }\\ndef main(){ x(\"a\") }\\n')\n"
        "plan = features.compile(schema=pa.schema([('a', pa.list_(pa.int64()))]))\n"
        "builtins.kept = plan.run(pa.RecordBatch.from_pydict({'a': pa.array([[1], [2, 3]])}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_memory_stays_flat(plan: feature_dsl.Plan) -> None:
    data = batch(20_000)
    process = psutil.Process()
    for _ in range(20):
        plan.run(data)
    before = process.memory_info().rss
    for _ in range(200):
        plan.run(data)
    # one result is about 4 MB: a leak of a tenth of each would show
    assert process.memory_info().rss - before < 40 << 20
