"""What a training makes: a model that has learned, and a bundle that scores like it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from mlp_core import bundle, metrics
from mlp_core.artifacts import Artifact
from mlp_train.context import TrainContext
from mlp_train.data import load_data
from mlp_train.errors import TrainError
from mlp_train.torch.export import compare, contents
from mlp_train.torch.module import score
from mlp_train.torch.presets import MODELS, find_model
from mlp_train.torch.publishing import describe
from mlp_train.torch.training import as_tensors, begin, learn, train

from .conftest import MakeSpec, planted

CONTEXT = TrainContext(threads=1)


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_deepfm_learns_what_lr_cannot(make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = train(make_spec(), CONTEXT)
    lines = events(capsys)
    assert [line["event"] for line in lines if line["event"] != "progress"] == ["data", *["epoch"] * 4, "done"]
    assert lines[-1] == {"event": "done", **done}
    assert done["auc"] > 0.9
    assert (done["rows"], done["validation_rows"], done["bundle"]) == (3000, 1000, (tmp_path / "out/bundle").as_uri())
    assert all(done[name] is not None for name in ("gauc", "logloss", "calibration", "samples_per_second"))

    flat = train(make_spec(algorithm="lr", params={"learning_rate": 0.05}, output=str(tmp_path / "lr")), CONTEXT)
    assert flat["auc"] < 0.6


def test_the_bundle_scores_new_rows(make_spec: MakeSpec) -> None:
    loaded = bundle.load(train(make_spec(), CONTEXT)["bundle"])
    loaded.check()
    rows = planted(2000, 9)
    scores = loaded.score_features(rows)
    assert metrics.auc(rows["label"].to_numpy(), scores) > 0.9
    assert loaded.score_features(rows.slice(0, 1))[0] == pytest.approx(scores[0], abs=1e-6)
    assert loaded.score_raw(rows).tolist() == scores.tolist()
    info = loaded.info
    assert (info.data.start, info.data.end) == ("2000-11-18", "2000-11-20")
    assert info.labels == ("label",) and info.group == "user" and info.parent is None
    assert info.metrics["auc"] > 0.9 and info.versions["torch"] == torch.__version__
    assert {table.name: table.rows for table in info.tables} == {"a": 8, "b": 6, "tags": 10}
    assert info.params["embedding_dim"] == 4


def test_without_refit_the_window_ends_before_the_validation_day(make_spec: MakeSpec) -> None:
    spec = make_spec(params={"refit": False}, epochs=1)
    info = bundle.load(train(spec, CONTEXT)["bundle"]).info
    assert (info.data.start, info.data.end) == ("2000-11-18", "2000-11-19")


def test_without_validation_the_last_epoch_is_taken(make_spec: MakeSpec) -> None:
    done = train(make_spec(validation=[], epochs=2), CONTEXT)
    assert (done["auc"], done["epoch"], done["validation_rows"]) == (None, 2, 0)


def test_training_again_makes_the_same_bytes(make_spec: MakeSpec, tmp_path: Path) -> None:
    first = Artifact.load(train(make_spec(), CONTEXT)["bundle"])
    torch.rand(7)
    second = Artifact.load(train(make_spec(output=str(tmp_path / "again")), CONTEXT)["bundle"])
    assert first.digest == second.digest
    assert first.manifest.files == second.manifest.files
    other = Artifact.load(train(make_spec(seed=2, output=str(tmp_path / "other")), CONTEXT)["bundle"])
    assert other.digest != first.digest


@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_preset_overfits_one_batch(make_spec: MakeSpec, tmp_path: Path, name: str, optimizer: str) -> None:
    table = pa.table({"label": [0, 1] * 32, "a": list(range(64)), "x": np.linspace(-1, 1, 64)})
    (tmp_path / "one").mkdir()
    pq.write_table(table, tmp_path / "one" / "part.parquet")
    spec = make_spec(
        algorithm=name,
        params={"optimizer": optimizer, "learning_rate": 0.2},
        train=[str(tmp_path / "one")],
        validation=[],
        group=None,
    )
    model, params = find_model(spec)
    data = load_data(spec, params, None)
    fit = begin(spec, CONTEXT, model, params, data, None)
    batch = next(as_tensors(data, fit.module).train.in_order(64))
    losses = [fit.step(batch) for _ in range(200)]
    assert losses[0] > 0.5
    assert losses[-1] < 0.1


def test_the_best_epoch_is_kept_and_training_stops_early(make_spec: MakeSpec, capsys: pytest.CaptureFixture[str]) -> None:
    spec = make_spec(epochs=40, params={"learning_rate": 0.5, "hidden": [64], "patience": 2, "refit": False})
    model, params = find_model(spec)
    data = load_data(spec, params, None)
    fit, selection = learn(spec, CONTEXT, model, params, data, None)
    epochs = [line for line in events(capsys) if line["event"] == "epoch"]
    assert len(epochs) < 40
    assert selection.epoch == 1 + int(np.argmax([line["auc"] for line in epochs]))
    assert len(epochs) == selection.epoch + 2
    rows = as_tensors(data, fit.module).validation
    assert rows is not None
    assert metrics.auc(rows.labels[:, 0].numpy(), score(fit.module, rows).numpy()) == selection.measures["auc"]


def test_an_export_that_scores_otherwise_is_refused(make_spec: MakeSpec) -> None:
    spec = make_spec(epochs=1)
    model, params = find_model(spec)
    data = load_data(spec, params, None)
    fit, selection = learn(spec, CONTEXT, model, params, data, None)
    made = contents(fit.module, describe(spec, params, data, fit, selection, None, None), None)
    rows = as_tensors(data, fit.module).train
    features = pa.concat_tables([planted(1500, 1), planted(1500, 2)])
    assert compare(made, features, fit.module, rows) <= 1e-5
    with torch.no_grad():
        fit.module.tables.weight.add_(0.01)
    made = snapshot(made)
    with torch.no_grad():
        fit.module.tables.weight.sub_(0.01)
    with pytest.raises(TrainError, match=r"away from the trained model"):
        compare(made, features, fit.module, rows)


def snapshot(made: bundle.Contents) -> bundle.Contents:
    return bundle.Contents(made.info, {name: values.copy() for name, values in made.tables.items()}, made.network, made.plan)


def test_sample_weights_count(make_spec: MakeSpec, tmp_path: Path) -> None:
    """Rows of weight zero, with the opposite labels, teach nothing."""
    good = planted(1500, 4)
    bad = good.set_column(0, "label", pa.array(1 - good["label"].to_numpy()))
    rows = pa.concat_tables([good.append_column("w", pa.array(np.ones(1500))), bad.append_column("w", pa.array(np.zeros(1500)))])
    (tmp_path / "weighted").mkdir()
    pq.write_table(rows, tmp_path / "weighted" / "part.parquet")
    spec = make_spec(train=[str(tmp_path / "weighted")], validation=[], weight="w", epochs=6)
    loaded = bundle.load(train(spec, CONTEXT)["bundle"])
    assert "w" not in loaded.inputs
    new = planted(1000, 5)
    assert metrics.auc(new["label"].to_numpy(), loaded.score_features(new)) > 0.9


def test_max_steps_ends_training(make_spec: MakeSpec, capsys: pytest.CaptureFixture[str]) -> None:
    train(make_spec(max_steps=3, params={"refit": False}), CONTEXT)
    assert [line["step"] for line in events(capsys) if line["event"] == "epoch"] == [3]


def test_a_class_of_ones_own(make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_models.py").write_text(
        "import torch\n"
        "from mlp_core.specs.presets import CommonParams\n"
        "from mlp_train.torch import TorchRecModel\n"
        "class Params(CommonParams, frozen=True, kw_only=True):\n"
        "    dim: int = 3\n"
        "class Two(TorchRecModel):\n"
        "    Params = Params\n"
        "    @property\n"
        "    def width(self): return self.params.dim\n"
        "    def build(self): self.out = torch.nn.Linear(self.shape.categorical * self.params.dim, self.shape.tasks)\n"
        "    def forward(self, inputs): return self.out(inputs['pooled'].flatten(1))\n"
        "class Not: ...\n"
    )
    monkeypatch.chdir(tmp_path)
    table = planted(600, 1)
    table = table.append_column("late", table["label"])
    (tmp_path / "tasks").mkdir()
    pq.write_table(table, tmp_path / "tasks" / "part.parquet")
    both = [str(tmp_path / "tasks")]
    spec = make_spec(
        algorithm="own_models:Two",
        params={"dim": 2},
        label=["label", "late"],
        train=both,
        validation=both,
        columns=["a", "b"],
    )
    done = train(spec, CONTEXT)
    assert set(done["auc"]) == {"label", "late"}
    loaded = bundle.load(done["bundle"])
    assert loaded.score_features(table).shape == (600, 2)
    loaded.check()
    with pytest.raises(TrainError, match=r"'own_models:Not' is not a TorchRecModel"):
        train(make_spec(algorithm="own_models:Not", params={}), CONTEXT)
    with pytest.raises(TrainError, match=r"'own_models:Gone' cannot be imported"):
        train(make_spec(algorithm="own_models:Gone", params={}), CONTEXT)
    with pytest.raises(ValueError, match=r"has no field 'dims' .did you mean 'dim'"):
        train(msgspec.structs.replace(spec, params={"dims": 2}), CONTEXT)
