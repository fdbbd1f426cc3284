"""What each job publishes for small tables, with a real Spark in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.errors import PySparkException

import feature_dsl
from mlp_core.artifacts import Artifact, ArtifactError, Identity, begin
from mlp_core.specs.jobs import FeatureJob, SampleJob, StatisticsJob, Table, Trait, TraitJoinJob, XqlJob
from spark_jobs import feature, sample, table_statistics, trait_join, xql
from spark_jobs.runtime import JobError, sentence_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]
MakeTable = Callable[..., Table]
Attempts = Callable[[Sequence[str]], dict[str, str]]
DAYS = ["dt=2000-11-18", "dt=2000-11-19", "dt=2000-11-20"]
FEATURES = """
version: 1
group: test
features:
  - {name: bucket, kind: boundary_feature, source: rating, boundaries: [2, 4]}
  - {name: words, kind: list_feature, source: text, separator: "|", hash_buckets: 100, max_length: 3}
  - {name: share, kind: expr_feature, expr: "log1p(rating) / 3.7 - sqrt(length(text))"}
  - {name: pairs, kind: cross_feature, inputs: [user_id, words], hash_buckets: 1000}
"""


def rows(seed: int, count: int = 50) -> pa.Table:
    random = np.random.default_rng(seed)
    users = [None if i % 10 == 9 else f"u{i % 7}" for i in range(count)]
    return pa.table(
        {
            "user_id": users,
            "rating": pa.array(random.integers(1, 6, count), pa.int64()),
            "text": [["a|b", "", None, "ü'\"\\|x"][i % 4] for i in range(count)],
            "label": pa.array(random.integers(0, 2, count), pa.int64()),
        }
    )


def digests(attempts: dict[str, str]) -> list[str]:
    for uri in attempts.values():
        Artifact.load(uri).verify()
    return [Artifact.load(uri).digest for uri in attempts.values()]


def content(attempts: dict[str, str], partition: str) -> pa.Table:
    artifact = Artifact.load(attempts[partition])
    artifact.verify()
    return artifact.to_arrow()


def days(make_table: MakeTable, **options: Any) -> Table:
    return make_table("t1", {day: rows(seed) for seed, day in enumerate(DAYS)}, **options)


@pytest.mark.parametrize(
    ("routed", "text"),
    [
        (
            "SELECT `__mlp_partition`, user_id, rating * 2 AS twice, dt AS day FROM t1 WHERE rating <> 3",
            "SELECT user_id, rating * 2 AS twice, dt AS day FROM t1 WHERE rating <> 3",
        ),
        ("SELECT * FROM t1 WHERE text IS NULL", "SELECT * FROM t1 WHERE text IS NULL"),
        ("SELECT `__mlp_partition`, user_id FROM t1 WHERE dt > '2000-11-19'", "SELECT user_id FROM t1 WHERE dt > '2000-11-19'"),
    ],
)
def test_together_and_each_give_the_same(make_table: MakeTable, attempts: Attempts, routed: str, text: str) -> None:
    table = days(make_table, files=3)
    together, each = attempts(DAYS), attempts(DAYS)
    xql.run(XqlJob(attempts=together, sql=routed, mode="together", inputs=(table,)))
    xql.run(XqlJob(attempts=each, sql=text, mode="each", inputs=(table,)))
    assert digests(together) == digests(each)
    assert "dt" not in content(each, DAYS[0]).column_names, "readers add the partition column"


def test_each_partition_sees_its_own_rows_and_the_other_tables_whole(make_table: MakeTable, attempts: Attempts) -> None:
    other = make_table("t2", {"table=names": pa.table({"rating": pa.array([1, 2], pa.int64()), "name": ["one", "two"]})})
    made = attempts(DAYS)
    sql = "SELECT count(*) AS n, min(dt) AS low, max(dt) AS high, (SELECT count(*) FROM t2) AS names FROM t1"
    xql.run(XqlJob(attempts=made, sql=sql, mode="each", inputs=(days(make_table), other)))
    assert [content(made, day).to_pylist() for day in DAYS] == [[{"n": 50, "low": day[3:], "high": day[3:], "names": 2}] for day in DAYS]


def test_whole_tables_make_one_result(make_table: MakeTable, attempts: Attempts) -> None:
    made = attempts(["dt=2000-11-21"])
    xql.run(XqlJob(attempts=made, sql="SELECT dt AS day, count(*) AS n FROM t1 GROUP BY dt", mode="whole", inputs=(days(make_table),)))
    assert sorted(content(made, "dt=2000-11-21")["day"].to_pylist()) == [day[3:] for day in DAYS]


def test_partitions_with_other_columns_keep_them(make_table: MakeTable, attempts: Attempts) -> None:
    table = make_table("t1", {DAYS[0]: rows(0).drop_columns(["label"]), DAYS[1]: rows(1)})
    together, each = attempts(DAYS[:2]), attempts(DAYS[:2])
    for made, mode in ((together, "together"), (each, "each")):
        xql.run(XqlJob(attempts=made, sql="SELECT * FROM t1", mode=mode, inputs=(table,)))  # type: ignore[arg-type]
    assert digests(together) == digests(each)
    assert content(together, DAYS[0]).column_names == ["user_id", "rating", "text"]


def test_a_partition_without_rows_is_published_empty(make_table: MakeTable, attempts: Attempts) -> None:
    made = attempts(DAYS)
    xql.run(
        XqlJob(
            attempts=made, sql="SELECT `__mlp_partition`, user_id FROM t1 WHERE rating > 100", mode="together", inputs=(days(make_table),)
        )
    )
    assert [content(made, day).num_rows for day in DAYS] == [0, 0, 0]
    assert Artifact.load(made[DAYS[0]]).schema.names == ["user_id"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT rating, label AS rating FROM t1", "gives the column 'rating' more than once"),
        ("SELECT dt FROM t1", "gives a column 'dt', but that name is the result's own partition"),
        ("SELECT nothing FROM t1", "UNRESOLVED_COLUMN.*`nothing`"),
        ("SELECT CAST(text AS BIGINT) AS n FROM t1", "CAST_INVALID_INPUT.*'a|b'"),
    ],
)
def test_sql_that_spark_refuses_leaves_a_sentence_and_no_artifact(
    make_table: MakeTable, attempts: Attempts, sql: str, message: str
) -> None:
    made = attempts(["dt=2000-11-20"])
    with pytest.raises((JobError, PySparkException)) as failure:
        xql.run(XqlJob(attempts=made, sql=sql, mode="whole", inputs=(days(make_table),)))
    sentence = sentence_of(failure.value)
    assert pc.match_substring_regex(pa.array([sentence]), message).to_pylist() == [True], sentence
    assert "\n" not in sentence
    with pytest.raises(ArtifactError, match="no published artifact"):
        Artifact.load(made["dt=2000-11-20"])


def profiles(make_table: MakeTable, **columns: Any) -> Table:
    return make_table(
        "profiles",
        {"table=profiles": pa.table({"user_id": ["u0", "u1", None, None], "age": pa.array([1, 2, 3, 4], pa.int64()), **columns})},
    )


def test_a_join_keeps_every_row_and_fills_gaps_with_null(make_table: MakeTable, attempts: Attempts) -> None:
    table, made = days(make_table), attempts(DAYS)
    trait = Trait(table=profiles(make_table), on=("user_id",), columns={"age": "user_age"})
    trait_join.run(TraitJoinJob(attempts=made, input=table, traits=(trait,)))
    for seed, day in enumerate(DAYS):
        found, expected = content(made, day), rows(seed)
        assert found.select(expected.column_names).sort_by([(n, "ascending") for n in expected.column_names]) == expected.sort_by(
            [(n, "ascending") for n in expected.column_names]
        )
        ages = {(row["user_id"], row["user_age"]) for row in found.to_pylist()}
        assert ages == {("u0", 1), ("u1", 2), (None, None), *((f"u{i}", None) for i in range(2, 7))}


def test_a_table_with_states_is_joined_by_day(make_table: MakeTable, attempts: Attempts) -> None:
    table, made = days(make_table), attempts(DAYS)
    # The same user on every day, with another age: a join without the day would multiply rows.
    ages = {day: pa.table({"user_id": ["u0"], "age": pa.array([seed], pa.int64())}) for seed, day in enumerate(DAYS)}
    states = make_table("states", ages)
    trait_join.run(TraitJoinJob(attempts=made, input=table, traits=(Trait(table=states, on=("dt", "user_id"), columns={"age": "age"}),)))
    for seed, day in enumerate(DAYS):
        found = content(made, day)
        assert found.num_rows == rows(seed).num_rows
        assert {row["age"] for row in found.to_pylist() if row["user_id"] == "u0"} == {seed}
        assert "dt" not in found.column_names


def test_a_key_that_is_there_twice_fails_and_publishes_nothing(make_table: MakeTable, attempts: Attempts) -> None:
    made = attempts(DAYS)
    table = make_table("traits[0]", {"table=profiles": pa.table({"user_id": ["x", "u1", "x"], "age": pa.array([1, 2, 3], pa.int64())})})
    trait = Trait(table=table, on=("user_id",), columns={"age": "age"})
    with pytest.raises(JobError, match=r"traits\[0\] has 2 rows for the key user_id=x: .* keep one row for each key"):
        trait_join.run(TraitJoinJob(attempts=made, input=days(make_table), traits=(trait,)))
    with pytest.raises(ArtifactError, match="no published artifact"):
        Artifact.load(made[DAYS[0]])


def test_features_are_what_the_plan_gives(make_table: MakeTable, attempts: Attempts) -> None:
    plan = feature_dsl.load(FEATURES).compile(schema=rows(0).schema)
    made = attempts(DAYS)
    feature.run(FeatureJob(attempts=made, input=days(make_table, files=2), plan=plan.to_json(), keep=("label", "dt")))
    for seed, day in enumerate(DAYS):
        found, expected = content(made, day), plan.run(rows(seed))
        assert found.drop_columns(["label", "dt"]) == expected
        assert found["label"].to_pylist() == rows(seed)["label"].to_pylist()
        assert set(found["dt"].to_pylist()) == {day[3:]}
        artifact = Artifact.load(made[day])
        assert artifact.schema.field("words").metadata == plan.schema.field("words").metadata
        assert artifact.manifest.plan == plan.to_json()


def sampled(make_table: MakeTable, attempts: Attempts, files: int, **options: Any) -> dict[str, pa.Table]:
    made = attempts(DAYS)
    table = make_table(f"files{files}", {day: rows(seed, 400) for seed, day in enumerate(DAYS)}, files=files)
    sample.run(SampleJob(attempts=made, input=table, label="label", **{"seed": 1, **options}))
    return {day: content(made, day) for day in DAYS}


def test_the_order_of_a_sample_does_not_depend_on_how_the_work_was_cut(make_table: MakeTable, attempts: Attempts) -> None:
    one, many = sampled(make_table, attempts, 1), sampled(make_table, attempts, 7)
    assert one == many
    assert one[DAYS[0]] != rows(0, 400)
    names = [(name, "ascending") for name in rows(0).column_names]
    assert one[DAYS[0]].sort_by(names) == rows(0, 400).sort_by(names)


def test_negatives_are_drawn_at_their_rate_where_it_holds(make_table: MakeTable, attempts: Attempts) -> None:
    found = sampled(make_table, attempts, 2, rates={day: {"0": 0.25} for day in DAYS[:2]})
    for seed, day in enumerate(DAYS):
        before, after = (pc.value_counts(table["label"]).to_pylist() for table in (rows(seed, 400), found[day]))
        count = {day: {item["values"]: item["counts"] for item in items} for day, items in (("before", before), ("after", after))}
        assert count["after"][1] == count["before"][1]
        share = count["after"][0] / count["before"][0]
        assert share == 1 if day == DAYS[2] else 0.1 < share < 0.4


def test_the_order_does_not_tell_the_label(make_table: MakeTable, attempts: Attempts) -> None:
    found = sampled(make_table, attempts, 1, rates={DAYS[0]: {"0": 0.25}})[DAYS[0]]
    first = found.slice(0, found.num_rows // 2)
    assert abs(pc.mean(first["label"]).as_py() - pc.mean(found["label"]).as_py()) < 0.1


def test_a_key_is_kept_or_dropped_as_a_whole(make_table: MakeTable, attempts: Attempts) -> None:
    found = sampled(make_table, attempts, 3, key=("user_id",), rates={day: {"0": 0.5, "1": 0.5} for day in DAYS})
    kept = [set(table["user_id"].to_pylist()) for table in found.values()]
    assert kept[0] == kept[1] == kept[2] and 0 < len(kept[0]) < 8


def test_statistics(make_table: MakeTable, tmp_path: Any) -> None:
    identity = Identity(operation="test", version=1, partition="dt=2000-11-20")
    attempt = begin(kind="report", step="statistics", root=tmp_path.as_uri(), identity=identity)
    table_statistics.run(StatisticsJob(attempts={"dt=2000-11-20": attempt.uri}, input=days(make_table), label="label"))
    report = Artifact.load(attempt.uri).read_json("report.json")
    every = pa.concat_tables([rows(seed) for seed in range(3)])
    assert report["rows"] == 150
    assert report["label_rate"] == pytest.approx(pc.mean(every["label"]).as_py())
    assert report["partitions"][DAYS[1]]["label_rate"] == pytest.approx(pc.mean(rows(1)["label"]).as_py())
    columns = report["columns"]
    assert columns["rating"]["mean"] == pytest.approx(pc.mean(every["rating"]).as_py())
    assert (columns["rating"]["min"], columns["rating"]["max"], columns["rating"]["distinct"]) == (1, 5, 5)
    assert columns["user_id"]["missing_share"] == pytest.approx(0.1)
    assert columns["text"]["missing_share"] == pytest.approx(75 / 150, abs=0.02)


def test_work_is_packed_into_few_tasks() -> None:
    small = [feature.Split("dt=1", str(number), 1 << 10) for number in range(90)]
    assert len(feature.pack(small, 2)) == 1
    large = [feature.Split("dt=1", str(number), 100 << 20) for number in range(10)]
    packed = feature.pack(large, 2)
    assert len(packed) == 10 and [split for task in packed for split in task] == large
    assert feature.pack([], 2) == []
