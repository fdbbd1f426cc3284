"""EvaluateOperator: what it measures, whom it compares with, and what it says of test sets that cannot be measured."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.operators.evaluate import EvaluateOperator
from mlp_core import bundle, metrics
from mlp_core.artifacts import Artifact, Identity, Input, publish
from mlp_core.gate import Gate

TaskContext = Callable[..., Any]
Labels = Callable[[np.ndarray[Any, Any]], Any]
OPEN = Gate(min_rows=10, min_auc=0.6, calibration=(0.0, 100.0))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))


@pytest.fixture
def test_set(tmp_path: Path) -> Callable[..., str]:
    """Publishes a test set for a model; `label` makes labels of its scores."""

    def make(model: Artifact, label: Labels, count: int = 400) -> str:
        random = np.random.default_rng(5)
        rows = pa.table({"user": random.integers(0, 50, count), "ctr": random.normal(size=count), "user_id": random.integers(0, 20, count)})
        scores = bundle.load(model.uri).score_features(rows) if count else np.zeros(0)
        rows = rows.append_column("label", pa.array(label(np.asarray(scores)), pa.int64()))
        identity = Identity(operation="sample", version=1, partition="dt=2000-11-20")
        with publish(kind="table", step="sample", root=str(tmp_path / "artifacts"), identity=identity) as attempt:
            attempt.write_table(rows)
        return attempt.uri

    return make


@pytest.fixture
def judge(tmp_path: Path, task_context: TaskContext) -> Callable[..., Any]:
    """Runs the operator and reads its report."""

    def run(model: Artifact, test: str, **changed: Any) -> Any:
        arguments = {"gate": OPEN, "artifact_root": str(tmp_path / "artifacts"), **changed}
        uri = EvaluateOperator(task_id="evaluate", model=model.uri, test=test, **arguments).execute(task_context())
        return Artifact.load(uri).read_json("report.json")

    return run


def likes(scores: np.ndarray[Any, Any]) -> Any:
    """Labels that a model with these scores predicts well."""
    return (scores > np.random.default_rng(7).random(scores.size)).astype(np.int64)


def test_a_good_model_without_a_champion(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    report = judge(model, test_set(model, likes))
    assert report["decision"]["promoted"]
    assert report["champion"] is None
    assert report["difference"] is None
    assert report["challenger"]["rows"] == 400
    assert 0.6 < report["challenger"]["auc"] < 1


def test_the_measures_are_those_of_the_scores(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    test = test_set(model, likes)
    rows = Artifact.load(test).to_arrow()
    scores = bundle.load(model.uri).score_features(rows)
    report = judge(model, test)
    assert report["challenger"]["auc"] == metrics.auc(rows["label"], scores)
    # Groups are summed in another order here.
    assert report["challenger"]["gauc"] == pytest.approx(metrics.gauc(rows["label"], scores, rows["user_id"]), abs=1e-12)


def test_labels_that_have_nothing_to_do_with_the_scores_are_refused(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    report = judge(model, test_set(model, lambda scores: np.random.default_rng(8).integers(0, 2, scores.size)))
    assert not report["decision"]["promoted"]
    assert [reason["bar"] for reason in report["decision"]["reasons"] if not reason["passed"]] == ["AUC at least 0.6"]


def test_a_worse_model_is_refused_and_a_better_one_is_not(make_bundle: Any, test_set: Any, judge: Any) -> None:
    good, bad = make_bundle(seed=1), make_bundle(seed=2)
    test = test_set(good, likes)
    loose = Gate(min_rows=10, min_auc=0.0, calibration=(0.0, 100.0))
    assert judge(good, test, champion=bad.uri, gate=loose)["decision"]["promoted"]
    refused = judge(bad, test, champion=good.uri, gate=loose)
    assert not refused["decision"]["promoted"]
    assert refused["difference"]["auc"] < 0
    assert refused["champion"]["auc"] > refused["challenger"]["auc"]


def test_the_same_model_is_no_improvement_and_no_loss(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    report = judge(model, test_set(model, likes), champion=model.uri)
    assert report["difference"] == {"auc": 0.0, "low": 0.0, "high": 0.0}
    assert report["decision"]["promoted"]


@pytest.mark.parametrize("label", [np.zeros_like, np.ones_like], ids=["no positive", "no negative"])
def test_a_test_set_of_one_class_is_refused_with_a_reason(make_bundle: Any, test_set: Any, judge: Any, label: Labels) -> None:
    model = make_bundle()
    report = judge(model, test_set(model, lambda scores: label(scores).astype(np.int64)), champion=model.uri)
    assert not report["decision"]["promoted"]
    assert report["challenger"]["auc"] is None
    assert "AUC nan" in [reason["found"] for reason in report["decision"]["reasons"]]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"label": "clicked"}, r"has no column 'clicked'; it has user, ctr, user_id, label"),
        ({"group": "session"}, r"has no column 'session'"),
        ({"champion": "file:///no/such/bundle"}, r"there is no published artifact at file:///no/such/bundle"),
    ],
)
def test_bad_input_names_the_operator(make_bundle: Any, test_set: Any, judge: Any, changed: dict[str, Any], sentence: str) -> None:
    model = make_bundle()
    with pytest.raises(AirflowFailException, match=rf"^EvaluateOperator 'evaluate': .*{sentence}"):
        judge(model, test_set(model, likes), **changed)


def test_an_empty_test_set_is_told(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    with pytest.raises(AirflowFailException, match=r"^EvaluateOperator 'evaluate': the test set .* has no rows"):
        judge(model, test_set(model, likes, count=0))


def test_labels_that_are_null_are_told(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    with pytest.raises(AirflowFailException, match=r"^EvaluateOperator 'evaluate': the label column 'label' .* is null in 1 of 400 rows"):
        judge(model, test_set(model, lambda scores: [None, *likes(scores)[1:]]))


def test_without_a_group_there_is_no_gauc(make_bundle: Any, test_set: Any, judge: Any) -> None:
    model = make_bundle()
    assert judge(model, test_set(model, likes), group=None)["challenger"]["gauc"] is None


def test_another_gate_decides_anew_and_measures_nothing_again(make_bundle: Any, test_set: Any, judge: Any, tmp_path: Path) -> None:
    model = make_bundle()
    test = test_set(model, likes)
    assert judge(model, test)["decision"]["promoted"]
    assert not judge(model, test, gate=Gate(min_rows=10_000))["decision"]["promoted"]
    assert len(list((tmp_path / "artifacts" / "evaluate").glob("*/*/*"))) == 2
    assert len(list((tmp_path / "artifacts" / "evaluate.measures").glob("*/*/*"))) == 1


@pytest.fixture
def raw_and_features(tmp_path: Path, make_plan_bundle: Any) -> tuple[Artifact, str]:
    """A model with a feature plan, and a test set of its features that knows the raw table it was computed from."""
    model, random, count = make_plan_bundle(), np.random.default_rng(3), 300
    raw = pa.table(
        {
            "user_id": [f"u{n}" for n in random.integers(0, 9, count)],
            "age": random.integers(10, 70, count),
            "genres": ["a|b" if n else "c" for n in random.integers(0, 2, count)],
            "ratio": random.normal(size=count),
            "user": random.integers(0, 50, count),  # these two are raw columns of the other model
            "ctr": random.normal(size=count),
        }
    )
    scores = bundle.load(model.uri).score_raw(raw)
    raw = raw.append_column("label", pa.array(likes(scores), pa.int64()))
    root = str(tmp_path / "artifacts")
    with publish(kind="table", step="join", root=root, identity=Identity(operation="j", version=1, partition="dt=2000-11-20")) as joined:
        joined.write_table(raw)
    features = bundle.load(model.uri).plan.run(raw)
    features = features.append_column("label", raw["label"]).append_column("user_id", raw["user_id"])
    source = (Input(name="input", uri=joined.uri, digest=joined.artifact.digest),)
    identity = Identity(operation="sample", version=1, partition="dt=2000-11-20", inputs=source)
    with publish(kind="table", step="sample", root=root, identity=identity) as attempt:
        attempt.write_table(features.take(pa.array(random.permutation(count))))
        attempt.plan = bundle.load(model.uri).plan.to_json()
    return model, attempt.uri


def test_a_champion_with_another_feature_file_is_measured_on_the_raw_rows(
    raw_and_features: tuple[Artifact, str], make_bundle: Any, judge: Any
) -> None:
    model, test = raw_and_features
    champion = make_bundle()
    report = judge(model, test, champion=champion.uri)
    assert report["champion"]["rows"] == report["challenger"]["rows"] == 300
    assert report["difference"]["auc"] == pytest.approx(report["challenger"]["auc"] - report["champion"]["auc"], abs=1e-9)
    assert report["decision"]["promoted"]


def test_a_champion_whose_raw_rows_are_gone_is_told(
    raw_and_features: tuple[Artifact, str], make_bundle: Any, judge: Any, tmp_path: Path
) -> None:
    model, test = raw_and_features
    shutil.rmtree(tmp_path / "artifacts" / "join")
    with pytest.raises(AirflowFailException, match=r"no table behind .* has the columns .* compare with no champion"):
        judge(model, test, champion=make_bundle().uri)
