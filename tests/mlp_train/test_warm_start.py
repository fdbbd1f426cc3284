"""Going on from a parent: what is taken, what is new, and which days are learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlp_core import bundle, metrics
from mlp_core.artifacts import Artifact
from mlp_core.specs import TrainingSpec
from mlp_train.errors import TrainError
from mlp_train.training.tensors import Tensors
from mlp_train.training.warm_start import FILE, open_parent

from .conftest import MakeSpec, planted, train, write_day

PARAMS: dict[str, Any] = {"learning_rate": 0.05, "embedding_dim": 4, "hidden": (16,)}


@pytest.fixture
def parent(make_spec: MakeSpec, tmp_path: Path) -> TrainingSpec:
    spec = make_spec(checkpoints=str(tmp_path / "out" / "parent-checkpoint"), output=str(tmp_path / "out" / "parent"))
    train(spec)
    return spec


def next_days(tmp_path: Path) -> tuple[list[str], list[str]]:
    """The window one day later: its training part ends on the parent's validation day."""
    write_day(tmp_path / "train", "2000-11-20", planted(1000, 3))
    validation = write_day(tmp_path / "later", "2000-11-21", planted(1000, 4))
    return [str(tmp_path / "train")], [validation]


def events(capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found: dict[str, Any] = next(line for line in lines if line["event"] == name)
    return found


def test_the_next_day_is_learned_and_nothing_twice(
    parent: TrainingSpec, make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days, validation = next_days(tmp_path)
    spec = make_spec(train=days, validation=validation, warm_start=parent.output, epochs=1)
    capsys.readouterr()
    done = train(spec)
    report = events(capsys, "warm_start")
    assert report["newer_than"] == "2000-11-20"
    assert report["taken"][:3] == ["table a", "table b", "table tags"]
    assert (report["new"], report["dropped"]) == ([], [])
    assert report["checkpoint"].endswith("parent-checkpoint")
    # The parent knows the training days; the new day first measures it, and then is learned.
    assert (done["rows"], done["validation_rows"], done["epoch"]) == (0, 1000, 0)
    assert done["auc"] > 0.9
    loaded = bundle.load(done["bundle"])
    loaded.check()
    assert (loaded.info.data.start, loaded.info.data.end) == ("2000-11-18", "2000-11-21")
    assert loaded.info.parent == Artifact.load(parent.output).digest
    assert not np.array_equal(loaded.tables["a"].values, bundle.load(parent.output).tables["a"].values)


def test_with_nothing_new_there_is_nothing_to_learn(parent: TrainingSpec, make_spec: MakeSpec) -> None:
    with pytest.raises(TrainError, match="learned every day to 2000-11-20, and train holds no later partition"):
        train(make_spec(warm_start=parent.output))


def test_tables_grow_and_are_matched_by_name(
    parent: TrainingSpec, make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = planted(1500, 5).rename_columns(["label", "user", "a", "other", "tags", "price"])
    table = table.set_column(2, "a", pa.array(np.where(np.arange(1500) % 10, table["a"].to_numpy(), 12)))
    days = [write_day(tmp_path / "grown", "2000-11-22", table)]
    capsys.readouterr()
    train(make_spec(train=days, validation=[], warm_start=parent.output, epochs=1))
    report = events(capsys, "warm_start")
    assert [name for name in report["taken"] if name.startswith("table")] == ["table a", "table tags"]
    assert report["new"] == ["table other"]
    assert report["dropped"] == ["table b"]


def test_the_optimizer_goes_on_where_it_was(parent: TrainingSpec) -> None:
    uri = open_parent(parent.output).checkpoint
    assert uri is not None
    rows = bundle.load(parent.output).tables["a"].values.shape
    tensors = Tensors(Artifact.load(uri).local() / FILE)
    assert tensors["table/a/sum"].shape == rows
    assert float(tensors["table/a/sum"].min()) > 0
    dense = {f"network/{name}" for name in ("model.mlp.layers.0.weight", "model.mlp.layers.0.weight/sum", "scale.mean")}
    assert dense <= set(tensors)
    assert "table/a" not in tensors
    assert [file.path for file in Artifact.load(uri).manifest.files] == [FILE]


def test_without_a_checkpoint_tables_are_taken_and_dense_weights_begin_anew(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = train(make_spec())["bundle"]
    days = [write_day(tmp_path / "new", "2000-11-23", planted(500, 6))]
    capsys.readouterr()
    train(make_spec(train=days, validation=[], warm_start=first, output=str(tmp_path / "child")))
    report = events(capsys, "warm_start")
    assert report["checkpoint"] is None
    assert report["taken"] == ["table a", "table b", "table tags"]
    assert "model.mlp.layers.0.weight" in report["new"]


def test_a_parent_that_shares_nothing_is_refused(parent: TrainingSpec, make_spec: MakeSpec, tmp_path: Path) -> None:
    table = planted(500, 5).select(["label", "b"]).rename_columns(["label", "z"])
    days = [write_day(tmp_path / "foreign", "2000-11-22", table)]
    spec = make_spec(train=days, validation=[], warm_start=parent.output, group=None, algorithm="lr", params={}, output=str(tmp_path / "x"))
    with pytest.raises(TrainError, match="shares no table and no weight with this model; it has tables a, b, tags"):
        train(spec)


def test_learning_goes_on_from_the_parent(parent: TrainingSpec, make_spec: MakeSpec, tmp_path: Path) -> None:
    """A handful of new rows teaches nothing alone; with the parent the signal is there."""
    days = [write_day(tmp_path / "few", "2000-11-22", planted(40, 8))]
    spec = make_spec(train=days, validation=[], warm_start=parent.output, epochs=1)
    loaded = bundle.load(train(spec)["bundle"])
    new = planted(1000, 10)
    assert metrics.auc(new["label"].to_numpy(), loaded.score_features(new)) > 0.9
