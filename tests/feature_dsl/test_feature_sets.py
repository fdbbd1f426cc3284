"""Feature files end to end: kinds, names, domains, bind, override, lowering, metadata."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
import xxhash

import feature_dsl
from feature_dsl.reference import run_row

SEED_SCRIPT = """def meta(){ initArray(1,0) }
def main(){
  raw = x("user_device_age_year")
  a = if(raw.eq(""), "NULL", raw)
  b = array("NULL","00","10","60","70","80","90","95")
  d = index(b,a)
  e = if(d.lt(0), 0, d)
  array(e)
}
"""
FILE = """version: 1
group: ranking
domains:
  user: {key: user_id, columns: {user_id: utf8, age: utf8, gender: utf8}}
  item: {key: item_id, columns: {item_id: int64, genres: utf8, ctr_7d: float64}}
features:
  - {name: age_bucket, kind: enum_feature, source: age, values: ["NULL", "00", "10"], default: 0}
  - {name: ctr_bucket, kind: boundary_feature, source: ctr_7d, boundaries: [0.01, 0.05, 0.1]}
  - {name: genre, kind: list_feature, source: genres, separator: "|", hash_buckets: 1000, max_length: 2}
  - {name: uid, kind: id_feature, source: user_id, hash_buckets: 1000000}
  - {name: age_x_genre, kind: cross_feature, inputs: [age_bucket, genre], hash_buckets: 100000}
  - {name: uid_x_item, kind: cross_feature, inputs: [uid, item_id], hash_buckets: 5000}
"""
BATCH = pa.RecordBatch.from_pydict(
    {
        "user_id": ["u1", None, "ü"],
        "age": ["10", "", "zz"],
        "gender": ["f", "m", None],
        "item_id": pa.array([1, None, -3], pa.int32()),
        "genres": ["a||b|c", None, "日本"],
        "ctr_7d": [0.05, None, float("nan")],
    }
)


def _columns(text: str, batch: pa.RecordBatch = BATCH, **options: Any) -> dict[str, list[Any]]:
    result = feature_dsl.load(text).compile(**options).run(batch)
    return result.to_pydict()  # type: ignore[no-any-return]


def test_the_seed_script() -> None:
    batch = pa.RecordBatch.from_pydict({"user_device_age_year": ["95", "", None, "00", "11", "NULL"]})
    plan = feature_dsl.load(SEED_SCRIPT).compile(schema=batch.schema)
    assert plan.run(batch).column(0).to_pylist() == [7, 0, 0, 1, 0, 0]
    assert (plan.outputs[0].cardinality, plan.outputs[0].type.name) == (8, "int64")
    plain = SEED_SCRIPT.replace('raw.eq("")', 'eq(raw, "")').replace("d.lt(0)", "lt(d, 0)")
    assert feature_dsl.load(plain).compile(schema=batch.schema).fingerprint == plan.fingerprint
    indented = "".join("      " + line + "\n" for line in SEED_SCRIPT.splitlines())
    file = (
        "version: 1\ncolumns: {user_device_age_year: utf8}\nfeatures:\n"
        f"  - name: feature\n    kind: raw_feature\n    script: |\n{indented}"
    )
    assert feature_dsl.load(file).compile().fingerprint == plan.fingerprint


def test_configured_kinds_against_xxhash() -> None:
    def signed(digest: int) -> int:
        return digest - 2**64 if digest >= 2**63 else digest

    def text(value: str, seed: int = 42) -> int:
        return signed(xxhash.xxh64_intdigest(value.encode(), seed % 2**64))

    def integer(value: int, seed: int = 42) -> int:
        return signed(xxhash.xxh64_intdigest(value.to_bytes(8, "little", signed=True), seed % 2**64))

    found = _columns(FILE)
    assert found["age_bucket"] == [2, 0, 0]
    assert found["ctr_bucket"] == [2, 0, 0]
    genres = [["a", "b"], [], ["日本"]]
    assert found["genre"] == [[1 + text(part) % 999 for part in parts] for parts in genres]
    assert found["uid"] == [1 + text("u1") % 999_999, 0, 1 + text("ü") % 999_999]
    ages = [2, 0, 0]
    assert found["age_x_genre"] == [
        [1 + text(part, integer(age)) % 99_999 for part in parts or [""]] for age, parts in zip(ages, genres, strict=True)
    ]
    assert found["uid_x_item"] == [
        1 + integer(1, text("u1")) % 4_999,
        1 + text("", text("")) % 4_999,
        1 + integer(-3, text("ü")) % 4_999,
    ]


def test_reference_gives_the_same() -> None:
    features = feature_dsl.load(FILE)
    result = features.compile().run(BATCH).to_pylist()
    assert result == [run_row(features, row) for row in BATCH.to_pylist()]


def test_lowered_file_is_the_same_plan() -> None:
    features = feature_dsl.load(FILE)
    again = feature_dsl.load(features.lowered())
    assert again.compile() == features.compile()
    assert 'before_hash("genre")' in features.script("age_x_genre")


def test_cross_of_lists_is_a_product_with_a_limit() -> None:
    file = """version: 1
columns: {a: list<utf8>, b: list<int64>}
features:
  - {name: c, kind: cross_feature, inputs: [a, b], hash_buckets: 1000000}
  - {name: d, kind: cross_feature, inputs: [a, b], hash_buckets: 1000000, max_length: 2}
"""
    batch = pa.RecordBatch.from_pydict({"a": [["x", "y"], [], [str(i) for i in range(2000)]], "b": [[1, 2, 3], [7], list(range(2000))]})
    found = _columns(file, batch)
    assert [len(ids) for ids in found["c"]] == [6, 1, 1024]
    assert found["d"] == [ids[:2] for ids in found["c"]]
    single = _columns(file, pa.RecordBatch.from_pydict({"a": [["x"], ["x"], ["y"]], "b": [[1], [2], [1]]}))
    assert [found["c"][0][0], found["c"][0][1], found["c"][0][3]] == [ids[0] for ids in single["c"]]


def test_longest_lists_follow_from_the_script() -> None:
    plan = feature_dsl.load(FILE).compile()
    assert {o.name: o.max_length for o in plan.outputs if o.type.is_list} == {"genre": 2, "age_x_genre": 2}
    assert feature_dsl.load(FILE.replace(", max_length: 2", "")).compile().outputs[2].max_length is None


def test_a_plan_is_pickled_without_its_kernels() -> None:
    plan = feature_dsl.load(FILE).compile()
    expected = plan.run(BATCH)
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan and again.run(BATCH).equals(expected)
    assert again.bind(3).run(BATCH).equals(expected)


def test_selection_domains_and_bind() -> None:
    features = feature_dsl.load(FILE)
    assert [o.name for o in features.compile(domains=["user"]).outputs] == ["age_bucket", "uid"]
    assert [o.name for o in features.compile(domains=["item"]).outputs] == ["ctr_bucket", "genre"]
    assert len(features.compile(domains=["user", "item"]).outputs) == 6
    assert [o.name for o in features.compile(only=["uid", "age_bucket"]).outputs] == ["age_bucket", "uid"]
    bound = features.compile(only=["uid"], bind={"user_id": "uid"})
    assert [i.name for i in bound.inputs] == ["uid"]
    batch = pa.RecordBatch.from_pydict({"uid": ["u1"]})
    assert bound.run(batch).column(0).to_pylist() == _columns(FILE)["uid"][:1]


def test_names_resolve_to_the_column_inside_their_own_definition() -> None:
    file = """version: 1
columns: {age: int64}
features:
  - {name: age, kind: expr_feature, expr: "age + 1"}
  - {name: twice, kind: expr_feature, expr: "age * 2"}
"""
    assert _columns(file, pa.RecordBatch.from_pydict({"age": [1, None]})) == {"age": [2, 0], "twice": [4, 0]}


def test_override_replaces_in_place() -> None:
    file = FILE + "  - {name: ctr_bucket, kind: expr_feature, expr: '5', override: true}\n"
    features = feature_dsl.load(file)
    assert features.names[1] == "ctr_bucket"
    assert features.compile().run(BATCH).column("ctr_bucket").to_pylist() == [5, 5, 5]


def test_shared_tables_agree_on_rows() -> None:
    entry = "  - {{name: {0}, kind: id_feature, source: user_id, hash_buckets: {1}, table: t}}\n"
    good = feature_dsl.load(FILE + entry.format("p", 10) + entry.format("q", 10)).compile()
    assert [o.table for o in good.outputs][-2:] == ["t", "t"]
    with pytest.raises(feature_dsl.FeatureError, match="share the table 't'"):
        feature_dsl.load(FILE + entry.format("p", 10) + entry.format("q", 11)).compile()


def test_schema_carries_roles_and_sizes() -> None:
    table = feature_dsl.load(FILE).compile().run(pa.Table.from_batches([BATCH, BATCH]))
    assert table.num_rows == 6
    metadata = table.schema.field("genre").metadata
    assert metadata[b"mlp.role"] == b'"categorical"'
    assert metadata[b"mlp.cardinality"] == b"1000"
    assert metadata[b"mlp.max_length"] == b"2"
    assert metadata[b"mlp.domains"] == b'["item"]'


def test_empty_batch_and_empty_table() -> None:
    plan = feature_dsl.load(FILE).compile()
    assert plan.run(BATCH.slice(0, 0)).num_rows == 0
    assert plan.run(pa.Table.from_batches([], schema=BATCH.schema)).schema == plan.schema


def test_common_expressions_are_shared_and_unused_columns_not_read() -> None:
    plan = feature_dsl.load(FILE).compile()
    assert sum(node.op == "split" for node in plan.nodes) == 1
    assert "gender" not in [wanted.name for wanted in plan.inputs]
    assert "shared by 2 features" in plan.explain()
    timings = plan.profile(BATCH)
    assert {"split", "index", "cross", "arrow"} <= {timing.operation for timing in timings}


def test_importing_is_light() -> None:
    code = (
        "import sys, feature_dsl\n"
        "heavy = [m for m in ('numpy', 'pyarrow', 'numba', 'lark', 'yaml') if m in sys.modules]\n"
        "assert not heavy, heavy\n"
        "features = feature_dsl.load(sys.argv[1]); features.compile()\n"
        "heavy = [m for m in ('numba', 'pyarrow', 'numpy') if m in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code, FILE], check=True)
