"""What Spark operators refuse before a job starts, and what their identities depend on. No Spark runs here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_mlp.operators import spark
from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.feature import FeatureOperator
from airflow_mlp.operators.sample import SampleOperator
from airflow_mlp.operators.statistics import StatisticsOperator
from airflow_mlp.operators.step import Step
from airflow_mlp.operators.trait_join import Trait, TraitJoinOperator
from airflow_mlp.operators.xql import XqlOperator
from airflow_mlp.partition import RunPartition
from mlp_core.artifacts import Artifact, Identity, Maker, publish, resume
from mlp_core.specs.jobs import FeatureJob, SampleJob, TraitJoinJob, XqlJob, unpack_schema

DAYS = ["2000-11-18", "2000-11-19", "2000-11-20"]
FEATURES = """
version: 1
group: test
features:
  - {name: bucket, kind: boundary_feature, source: rating, boundaries: [2, 4]}
"""
Runs = Callable[..., dict[str, Artifact]]


class Recorder:
    """A launcher that publishes three rows for every attempt and remembers what it was told."""

    def __init__(self) -> None:
        self.specs: list[dict[str, Any]] = []
        self.rows = 3

    def run(self, job: Any, context: Any) -> bytes:
        self.specs.append(msgspec.json.decode(job.spec))
        for partition, uri in self.specs[-1]["attempts"].items():
            with resume(uri) as attempt:
                if attempt.record.kind == "report":
                    attempt.write_json("report.json", {"rows": 3, "label_rate": 0.5, "columns": {}})
                else:
                    attempt.write_table(pa.table({"label": pa.array([0, 1, 1][: self.rows], pa.int64()), "u": [partition] * self.rows}))
        return bytes(job.spec)

    def cancel(self, job: Any) -> None:
        raise AssertionError("nothing is to be cancelled here")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder()
    monkeypatch.setattr(spark, "launcher", lambda name, options: made)
    return made


@pytest.fixture
def behaviour(tmp_path: Path) -> str:
    """A table with a partition for each of DAYS."""
    for day in DAYS:
        folder = tmp_path / "warehouse" / "behaviour" / f"dt={day}"
        folder.mkdir(parents=True)
        pq.write_table(
            pa.table({"user_id": ["a", "b"], "rating": pa.array([1, 5], pa.int64()), "label": pa.array([0, 1], pa.int64())}),
            folder / "0.parquet",
        )
    return str(tmp_path / "warehouse" / "behaviour")


@pytest.fixture
def users(tmp_path: Path) -> str:
    folder = tmp_path / "warehouse" / "users"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"user_id": ["a", "b"], "gender": ["F", "M"], "rating": [1, 2]}), folder / "0.parquet")
    return str(folder)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Runs an operator's step for a day."""

    def run(operator: Any, day: str = DAYS[-1]) -> dict[str, Artifact]:
        maker = Maker(dag_id="d", run_id=day, task_id=operator.task_id)
        step = Step(operator.step_name, (tmp_path / "artifacts").as_uri(), RunPartition(dt.date.fromisoformat(day)), maker)
        return dict(operator.run(step, {}))

    return run


def refused(runs: Runs, recorder: Recorder, operator: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        runs(operator)
    assert recorder.specs == [], "a job was started for bad input"


def test_xql_makes_each_partition_once(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT user_id FROM t1", per_partition=True)
    made = runs(operator)["output"]
    assert [entry.partition for entry in made.entries] == [f"dt={day}" for day in DAYS]
    assert made.manifest.statistics == {"made": 3, "reused": 0}
    assert runs(operator)["output"].uri == made.uri
    spec = XqlJob.from_json(msgspec.json.encode(recorder.specs[0]))
    assert (len(recorder.specs), spec.mode, spec.sql) == (1, "together", "SELECT `__mlp_partition`, user_id FROM t1")
    assert unpack_schema(spec.inputs[0].schemas[0]).names == ["user_id", "rating", "label"]


def test_a_damaged_partition_is_made_again_and_listed(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT user_id FROM t1", per_partition=True)
    first = runs(operator)["output"]
    next(Path(Artifact.load(first.entries[1].uri).local()).glob("*.parquet")).unlink()
    again = runs(operator)["output"]
    assert again.id == first.id
    kept = [old.uri == new.uri for old, new in zip(first.entries, again.entries, strict=True)]
    assert kept == [True, False, True]
    assert again.to_arrow().num_rows == first.rows
    again.verify()


def test_types_follow_the_newest_partition_whichever_are_missing(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    wide = pa.table({"user_id": ["a"], "rating": pa.array([1.5]), "label": pa.array([1], pa.int64())})
    pq.write_table(wide, Path(behaviour) / f"dt={DAYS[2]}" / "0.parquet")
    operator = FeatureOperator(task_id="f", input=behaviour, features=FEATURES, keep=["rating"])
    runs(operator)
    pq.write_table(pa.table({"user_id": ["c"]}), Path(behaviour) / f"dt={DAYS[0]}" / "1.parquet")
    runs(operator)
    specs = [FeatureJob.from_json(msgspec.json.encode(spec)) for spec in recorder.specs]
    assert [len(spec.attempts) for spec in specs] == [3, 1]
    assert [str(spec.input.newest_schema.field("rating").type) for spec in specs] == ["double", "double"]
    assert [part.schema for part in specs[1].input.partitions] == [0]


def test_xql_recomputes_what_landed_again(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    operator = XqlOperator(task_id="x", inputs=[behaviour], sql="SELECT count(*) AS n FROM t1", per_partition=True)
    runs(operator)
    pq.write_table(pa.table({"user_id": ["c"]}), Path(behaviour) / f"dt={DAYS[1]}" / "1.parquet")
    runs(operator)
    assert [list(spec["attempts"]) for spec in recorder.specs][1:] == [[f"dt={DAYS[1]}"]]
    assert recorder.specs[1]["mode"] == "each"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT FROM WHERE", "sql does not parse"),
        ("SELECT a FROM other", "sql reads the table 'other'"),
        ("SELECT nothing FROM t1", "sql names the column 'nothing'.*: it has user_id, rating, label, dt"),
    ],
)
def test_xql_refuses_bad_sql(runs: Runs, recorder: Recorder, behaviour: str, sql: str, message: str) -> None:
    refused(runs, recorder, XqlOperator(task_id="x", inputs=[behaviour], sql=sql, per_partition=True), message)


def test_inputs_that_are_none(runs: Runs, recorder: Recorder, tmp_path: Path) -> None:
    for value, message in (
        (None, "t1 names no data"),
        (str(tmp_path / "none"), "neither an artifact nor a table"),
        ("no_such_table", "neither an artifact nor"),
    ):
        refused(runs, recorder, XqlOperator(task_id="x", inputs=[value], sql="SELECT a FROM t1"), message)
    with publish(kind="report", step="r", root=tmp_path.as_uri(), identity=Identity(operation="r", version=1, partition="dt=x")) as report:
        report.write_json("report.json", {})
    refused(runs, recorder, XqlOperator(task_id="x", inputs=[report.uri], sql="SELECT a FROM t1"), "which is a report: give a table")


def test_trait_join_names_what_it_takes(runs: Runs, recorder: Recorder, behaviour: str, users: str) -> None:
    runs(TraitJoinOperator(task_id="j", input=behaviour, traits=[Trait(source=users, on="user_id", prefix="user_")]))
    spec = TraitJoinJob.from_json(msgspec.json.encode(recorder.specs[0]))
    assert spec.traits[0].columns == {"gender": "user_gender", "rating": "user_rating"}
    assert spec.traits[0].on == ("user_id",)


@pytest.mark.parametrize(
    ("trait", "message"),
    [
        ({"on": "user_id", "columns": ["genderr"]}, "columns of traits.0. names the column 'genderr'.*: it has user_id, gender, rating"),
        ({"on": "uid", "columns": ["gender"]}, "on of traits.0. names the column 'uid'.*: it has user_id, rating, label, dt"),
        ({"on": "label", "columns": ["gender"]}, "on of traits.0. names the column 'label'.*: it has user_id, gender, rating"),
        ({"on": "user_id", "columns": ["rating"]}, "gives a column 'rating', which the rows have: give the trait a prefix"),
    ],
)
def test_trait_join_refuses_columns(
    runs: Runs, recorder: Recorder, behaviour: str, users: str, trait: dict[str, Any], message: str
) -> None:
    refused(runs, recorder, TraitJoinOperator(task_id="j", input=behaviour, traits=[Trait(source=users, **trait)]), message)


@pytest.fixture
def states(tmp_path: Path) -> str:
    """A profile table with a state for each of DAYS."""
    for day in DAYS:
        folder = tmp_path / "warehouse" / "states" / f"dt={day}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"user_id": ["a", "b"], "seen": pa.array([1, 2], pa.int64())}), folder / "0.parquet")
    return str(tmp_path / "warehouse" / "states")


def test_a_state_of_another_day_does_not_matter(runs: Runs, recorder: Recorder, behaviour: str, states: str) -> None:
    operator = TraitJoinOperator(task_id="j", input=behaviour, traits=[Trait(source=states, on=["dt", "user_id"])])
    runs(operator)
    pq.write_table(pa.table({"user_id": ["c"], "seen": pa.array([3], pa.int64())}), Path(states) / f"dt={DAYS[1]}" / "1.parquet")
    runs(operator)
    joined = TraitJoinJob.from_json(msgspec.json.encode(recorder.specs[1]))
    assert list(joined.attempts) == [f"dt={DAYS[1]}"]
    assert [partition.name for partition in joined.traits[0].table.partitions] == [f"dt={DAYS[1]}"]


def test_a_state_that_is_not_there_is_named(runs: Runs, recorder: Recorder, behaviour: str, states: str) -> None:
    (Path(states) / f"dt={DAYS[2]}" / "0.parquet").unlink()
    operator = TraitJoinOperator(task_id="j", input=behaviour, traits=[Trait(source=states, on=["dt", "user_id"])])
    refused(runs, recorder, operator, f"has no partition dt={DAYS[2]} .1 such.: let its sensor wait")


def test_trait_join_refuses_keys_of_other_types(runs: Runs, recorder: Recorder, behaviour: str, users: str) -> None:
    pq.write_table(pa.table({"user_id": [1, 2], "gender": ["F", "M"]}), Path(users) / "0.parquet")
    trait = Trait(source=users, on="user_id", columns=["gender"])
    refused(runs, recorder, TraitJoinOperator(task_id="j", input=behaviour, traits=[trait]), "'user_id' is utf8 in the rows and int64")


def test_features_depend_on_the_plan_and_not_on_the_text(runs: Runs, recorder: Recorder, behaviour: str, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(FEATURES)
    first = runs(FeatureOperator(task_id="f", input=behaviour, features=path, keep=["label"]))["output"]
    path.write_text(f"# a comment\n{FEATURES}")
    assert runs(FeatureOperator(task_id="f", input=behaviour, features=path, keep=["label"]))["output"].uri == first.uri
    path.write_text(FEATURES.replace("[2, 4]", "[2, 3]"))
    assert runs(FeatureOperator(task_id="f", input=behaviour, features=path, keep=["label"]))["output"].manifest.statistics["made"] == 3
    assert len(recorder.specs) == 2


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (FEATURES.replace("rating", "ratng"), {}, "features: .*ratng"),
        (FEATURES.replace("boundaries", "bounds"), {}, "features: 5:5: "),
        ("def main(){ a = }", {}, "features: 1:17: "),
        (FEATURES, {"select": ["no"]}, "features: .*no"),
        (FEATURES, {"keep": ["labl"]}, "keep names the column 'labl'"),
        (FEATURES.replace("bucket", "label"), {"keep": ["label"]}, "a feature has that name"),
    ],
)
def test_features_that_are_wrong(runs: Runs, recorder: Recorder, behaviour: str, text: str, options: dict[str, Any], message: str) -> None:
    refused(runs, recorder, FeatureOperator(task_id="f", input=behaviour, features=text, **options), message)


def test_a_missing_feature_file_is_told(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    refused(runs, recorder, FeatureOperator(task_id="f", input=behaviour, features="/no/such.yaml"), "features: .*/no/such.yaml")


def test_sample_splits_and_shares_partitions_between_days(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    made = runs(SampleOperator(task_id="s", input=behaviour))
    assert {name: [entry.partition for entry in made[name].entries] for name in made} == {
        "train": ["dt=2000-11-18"],
        "validation": ["dt=2000-11-19"],
        "test": ["dt=2000-11-20"],
    }
    drawn = runs(SampleOperator(task_id="s", input=behaviour, keep_negative="0.5"))
    spec = SampleJob.from_json(msgspec.json.encode(recorder.specs[1]))
    assert list(spec.attempts) == ["dt=2000-11-18"], "sets that keep every row are shared, whatever the rates of the training set"
    assert spec.rates == {"dt=2000-11-18": {"0": 0.5}}
    assert drawn["test"].uri == made["test"].uri


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "click"}, "label names the column 'click'.*: it has user_id, rating, label"),
        ({"validation_days": 2}, "the training set is empty: its window has 2 partitions"),
        ({"train": {"valType": "range", "start": -9, "end": -1}}, r"train names the partition dt=2000-11-11 \(7 such\)"),
        ({"train": {"valType": "range", "start": -2, "end": 0}}, "dt=2000-11-20 is in the training window and in the test set"),
        ({"validation_days": -1}, "validation_days is -1: give 0 for no validation set"),
        ({"keep_negative": 1.5}, "the sampling rate of label 0 is 1.5: give a share"),
        ({"keep_negative": "some"}, "the sampling rate of label 0 is 'some'"),
        ({"key": ["uid"]}, "key names the column 'uid'"),
    ],
)
def test_sample_refuses(runs: Runs, recorder: Recorder, behaviour: str, options: dict[str, Any], message: str) -> None:
    refused(runs, recorder, SampleOperator(task_id="s", input=behaviour, **options), message)


def test_sample_without_a_validation_set(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    made = runs(SampleOperator(task_id="s", input=behaviour, validation_days=0))
    assert [entry.partition for entry in made["train"].entries] == ["dt=2000-11-18", "dt=2000-11-19"]
    assert made["validation"].entries == ()


def test_an_empty_training_set_is_told_before_training(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    recorder.rows = 0
    with pytest.raises(BadInput, match="the training set is empty: no row of dt=2000-11-18 to dt=2000-11-18 is left"):
        runs(SampleOperator(task_id="s", input=behaviour))


def test_statistics_that_do_not_meet_expectations_fail_with_a_sentence(runs: Runs, recorder: Recorder, behaviour: str) -> None:
    with pytest.raises(BadInput, match=r"rows of the table is 3, expected at least 1e.12; all measures are in file://"):
        runs(StatisticsOperator(task_id="s", input=behaviour, label="label", expect={"min_rows": "1000000000000"}))
    assert runs(StatisticsOperator(task_id="s", input=behaviour, label="label"))["output"].kind == "report"
    assert len(recorder.specs) == 1, "the report of the failed task is taken"
