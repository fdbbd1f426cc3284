"""run, profile, diff and stats against what the plan itself gives."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

import feature_dsl
from feature_dsl import FeatureError
from feature_dsl.operations.base import names
from feature_dsl.tools.data import Data, open_data
from feature_dsl.tools.definition import open_definition
from feature_dsl.tools.diff import Change, diff, fingerprints
from feature_dsl.tools.distinct import EXACT, Distinct, exact_among, shared_share
from feature_dsl.tools.profile import NOT_OPERATIONS, profile
from feature_dsl.tools.run import run
from feature_dsl.tools.stats import Statistics, stats


def test_run_gives_the_first_rows(feature_file: Path, table_file: Path, rows: pa.Table) -> None:
    plan, data = open_definition(feature_file).plan(), open_data(table_file)
    assert run(plan, data, 7).equals(plan.run(rows.slice(0, 7)))
    assert run(plan, data, 450).num_rows == 450
    assert run(plan, data, 5_000).equals(plan.run(rows))


def test_csv_takes_the_declared_types(feature_file: Path, rows: pa.Table, tmp_path: Path) -> None:
    definition = open_definition(feature_file)
    for number, part in enumerate((rows.slice(0, 600), rows.slice(600))):
        arrow_csv.write_csv(part, tmp_path / f"part-{number}.csv")
    data = open_data(tmp_path, definition.types)
    assert str(data.schema.field("age").type) == "string"
    assert run(definition.plan(data.schema), data, 1_000).to_pydict() == definition.plan().run(rows).to_pydict()


def test_a_frozen_plan_stands_for_its_file(feature_file: Path, table_file: Path, tmp_path: Path) -> None:
    plan = open_definition(feature_file).plan()
    frozen = tmp_path / "features.json"
    frozen.write_text(plan.to_json(), encoding="utf-8")
    assert open_definition(frozen).plan() == plan
    with pytest.raises(FeatureError, match="compiled plan, which no longer holds scripts"):
        open_definition(frozen).features()
    frozen.write_text(plan.to_json().replace("hash_bucket", "hash_mod"), encoding="utf-8")
    with pytest.raises(FeatureError, match=r"features\.json: the plan was changed"):
        open_definition(frozen)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"x", "is no table"),
        ("a.parquet", b"PAR1", "the table cannot be read"),
        ("a.csv", b"", "the table cannot be read"),
        ("a.csv", b"a,b\n1\n", "the table cannot be read"),
        ("empty/.hidden.csv", b"a\n1\n", "holds no Parquet and no CSV"),
    ],
)
def test_unreadable_tables_are_told(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    with pytest.raises(FeatureError, match=message):
        list(open_data(file if file.suffix != ".csv" or "/" not in name else file.parent).batches())


def test_a_table_that_lacks_a_column_is_told(feature_file: Path, rows: pa.Table, tmp_path: Path) -> None:
    pq.write_table(rows.rename_columns([{"age": "agee"}.get(name, name) for name in rows.schema.names]), tmp_path / "rows.parquet")
    data, plan = open_data(tmp_path / "rows.parquet"), open_definition(feature_file).plan()
    for tool in (lambda: run(plan, data, 1), lambda: stats(plan, data), lambda: profile(plan, data)):
        with pytest.raises(FeatureError, match=r"the table has no column 'age'.*did you mean 'agee'"):
            tool()


def test_profile_names_operations_as_the_specification_does(feature_file: Path, table_file: Path) -> None:
    plan = open_definition(feature_file).plan()
    found = profile(plan, open_data(table_file), 600)
    assert found.rows == 600
    assert found.rows_per_second > 0
    assert {cost.name for cost in found.operations} - {NOT_OPERATIONS} <= set(names())
    assert {"split", "cross", "index"} <= {cost.name for cost in found.operations}
    assert [cost.name for cost in found.features] != [] and {cost.name for cost in found.features} <= {o.name for o in plan.outputs}
    assert sum(cost.share for cost in found.operations) == pytest.approx(1.0)
    for costs in (found.operations, found.features):
        assert [cost.seconds for cost in costs] == sorted((cost.seconds for cost in costs), reverse=True)
    explained = {line.split(" = ")[1].split("@")[0] for line in plan.explain().splitlines() if "@" in line}
    assert explained and explained <= set(names())


CHANGES = [
    ("", "", {}),
    ('"10"]', '"10", "20"]', {"age_bucket": "has gained '20'", "age_x_genre": "has gained '20'"}),
    ('"00", "10"]', '"10", "00"]', {"age_bucket": "has another order", "age_x_genre": "has another order"}),
    ("source: user_id", "source: gender", {"uid": "it reads the column 'gender', was 'user_id'"}),
    ("hash_buckets: 50}", "hash_buckets: 60}", {"uid": "hash_bucket: 60, was 50"}),
    ("0.05, 0.1]", "0.1]", {"ctr_bucket": "has lost 0.05"}),
    ('"10"], default: 0', '"10"], default: 1', {"age_bucket": "1, was 0", "age_x_genre": "1, was 0"}),
    ("item_id: int64", "item_id: utf8", {"item": "the column 'item_id' is utf8, was int64"}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "reasons"), CHANGES, ids=[new for _, new, _ in CHANGES])
def test_diff_says_what_changes_and_why(feature_file: Path, old: str, new: str, reasons: dict[str, str]) -> None:
    text = feature_file.read_text()
    assert old in text
    changes = diff(feature_dsl.load(text).compile(), feature_dsl.load(text.replace(old, new)).compile())
    changed = {change.name: "; ".join(change.why) for change in changes if change.what == "changed"}
    assert changed.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in changed[name]
    assert all(change.what == "same" for change in changes if change.name not in reasons)


def test_diff_of_features_that_come_go_and_are_only_described_anew(feature_file: Path) -> None:
    old = feature_dsl.load(feature_file).compile()
    text = feature_file.read_text().replace("name: item,", "name: thing,").replace("hash_buckets: 50}", "hash_buckets: 50, table: users}")
    changes = diff(old, feature_dsl.load(text).compile())
    assert Change("thing", "added") in changes
    assert changes[-1] == Change("item", "removed")
    assert Change("uid", "described", ("table: uid → users",)) in changes


def test_a_features_fingerprint_does_not_depend_on_the_others(feature_file: Path) -> None:
    features = feature_dsl.load(feature_file)
    together = fingerprints(features.compile())
    assert len(set(together.values())) == len(together)
    for name in features.names:
        assert fingerprints(features.compile(only=[name])) == {name: together[name]}


def _by_name(found: list[Statistics]) -> dict[str, Statistics]:
    return {each.name: each for each in found}


def test_stats_are_those_of_the_values(feature_file: Path, table_file: Path, rows: pa.Table) -> None:
    plan = open_definition(feature_file).plan()
    found = _by_name(stats(plan, open_data(table_file)))
    age, ctr, genre, uid, item = (found[name] for name in ("age_bucket", "ctr_bucket", "genre", "uid", "item"))
    assert (age.rows, age.missing, age.unknown) == (1_000, 0.25, pytest.approx(1 / 3))
    assert (age.distinct, age.bucket_use, age.collisions) == (3, 1.0, None)
    assert (age.minimum, age.mean, age.maximum) == (0, pytest.approx((1 + 2) / 4), 2)
    assert (ctr.missing, ctr.unknown, ctr.distinct) == (0.1, None, 4)
    assert (genre.sources, genre.length, genre.missing, genre.unknown) == (11, 2.0, 0.0, None)
    assert genre.collisions == pytest.approx(1 - (998 / 999) ** 10)
    assert uid.sources == 40
    ids = set(plan.run(rows).column("uid").to_pylist())
    assert (uid.distinct, uid.bucket_use) == (len(ids), len(ids) / 50)
    assert uid.collisions == pytest.approx(1 - (48 / 49) ** 39)
    assert (item.role, item.distinct, item.minimum, item.mean) == ("key", 100, None, None)
    assert found["age_x_genre"].sources == 3 * 11


def test_stats_of_lists_with_unknown_and_missing_words() -> None:
    text = """version: 1
columns: {tags: list<utf8>, words: utf8}
features:
  - name: known
    kind: raw_feature
    script: |
      def meta(){ initList(4) }
      def main(){ index(array("a", "b"), x("tags")) }
  - name: split
    kind: raw_feature
    script: |
      def meta(){ initArray(2, 9) }
      def main(){ index(array("a", ""), split(x("words"), ",")) }
"""
    table = pa.table({"tags": [["a", None, "z"], [], None, ["b", "b"]], "words": ["a,,z", None, "", "z"]})
    found = _by_name(stats(feature_dsl.load(text).compile(), _memory(table)))
    assert (found["known"].missing, found["known"].unknown) == (0.5, 0.25)
    assert (found["split"].missing, found["split"].unknown) == (0.5, 0.5)


def test_stats_see_through_defaults_before_a_normaliser() -> None:
    text = """version: 1
columns: {f: float64, s: utf8}
features:
  - {name: a, kind: raw_feature, source: f, default: 5, normalizer: {zscore: {mean: 1, sd: 2}}}
  - {name: b, kind: expr_feature, expr: "log(f)"}
  - {name: c, kind: expr_feature, expr: "if(s == '', 1, 2) + coalesce(f, 3)"}
"""
    table = pa.table({"f": [1.0, None, -2.0, float("nan")], "s": ["x", "", None, "y"]})
    found = _by_name(stats(feature_dsl.load(text).compile(), _memory(table)))
    assert [found[name].missing for name in "abc"] == [0.5, 0.75, 0.0]
    whole = "version: 1\ncolumns: {n: int64}\nfeatures:\n  - {name: a, kind: raw_feature, source: n}\n"
    (large,) = stats(feature_dsl.load(whole).compile(), _memory(pa.table({"n": [2**63 - 1, 5]})))
    assert (large.maximum, large.minimum) == (2**63 - 1, 5)


def test_stats_of_no_rows_and_of_one_value() -> None:
    features = feature_dsl.load("version: 1\ncolumns: {s: utf8}\nfeatures:\n  - {name: a, kind: id_feature, source: s, hash_buckets: 2}\n")
    table = pa.table({"s": pa.array([], pa.utf8())})
    (empty,) = stats(features.compile(), _memory(table))
    assert (empty.rows, empty.missing, empty.distinct, empty.mean, empty.collisions) == (0, 0.0, 0, None, 0.0)
    (one,) = stats(features.compile(), _memory(pa.table({"s": ["x", "x"]})))
    assert (one.distinct, one.sources, one.collisions) == (1, 1, 0.0)


def _memory(table: pa.Table) -> Data:
    def read(columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        yield from table.select(columns or table.schema.names).to_batches()

    return Data("memory", table.schema, read)


def test_memory_does_not_grow_with_the_rows() -> None:
    features = feature_dsl.load(
        "version: 1\ncolumns: {n: int64}\nfeatures:\n  - {name: a, kind: id_feature, source: n, hash_buckets: 900000}\n"
    )
    plan = features.compile()

    def numbers(batches: int) -> Data:
        def read(columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
            for start in range(batches):
                yield pa.record_batch({"n": np.arange(start * 60_000, (start + 1) * 60_000)})

        return Data("numbers", pa.schema([("n", pa.int64())]), read)

    def peak(batches: int) -> int:
        tracemalloc.start()
        (found,) = stats(plan, numbers(batches))
        assert found.rows == batches * 60_000
        assert found.sources == pytest.approx(batches * 60_000, rel=0.03)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)
    assert peak(8) < 1.2 * peak(2)


def test_distinct_counts_exactly_and_then_within_a_few_per_cent() -> None:
    few, many = Distinct(), Distinct()
    for start in range(0, EXACT, 10_000):
        few.add(np.arange(start, start + 10_000))
        few.add(np.arange(start, start + 10_000))
    assert (few.exact, few.count) == (True, EXACT)
    for start in range(0, 400_000, 50_000):
        many.add(np.arange(start, start + 50_000).astype(np.float64))
    assert not many.exact
    assert many.count == pytest.approx(400_000, rel=0.04)
    assert [exact_among(number) for number in (1, 500, 5_000, 10**6)] == [EXACT, EXACT, 5_000, 1_000]
    zero = Distinct()
    zero.add(np.array([0.0, -0.0]))
    assert zero.count == 1


@pytest.mark.parametrize(("values", "buckets"), [(500, 1_000), (5_000, 1_000), (30, 10_000)])
def test_the_estimate_of_collisions_is_that_of_random_hashes(values: int, buckets: int) -> None:
    source = np.random.default_rng(7)
    shared = []
    for _ in range(200):
        counts = np.bincount(source.integers(0, buckets, values), minlength=buckets)
        shared.append(counts[counts > 1].sum() / values)
    assert shared_share(values, buckets) == pytest.approx(np.mean(shared), abs=0.01)
