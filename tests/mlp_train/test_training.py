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
from mlp_train.errors import TrainError

from .conftest import MakeSpec, planted, train


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_deepfm_learns_what_lr_cannot(make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = train(make_spec())
    lines = events(capsys)
    assert [line["event"] for line in lines if line["event"] != "progress"] == ["data", *["epoch"] * 4, "done"]
    assert lines[-1] == {"event": "done", **done}
    assert done["auc"] > 0.9
    assert (done["rows"], done["validation_rows"], done["bundle"]) == (3000, 1000, (tmp_path / "out/bundle").as_uri())
    assert all(done[name] is not None for name in ("gauc", "logloss", "calibration", "samples_per_second"))

    flat = train(make_spec(algorithm="lr", params={"learning_rate": 0.05}, output=str(tmp_path / "lr")))
    assert flat["auc"] < 0.6


def test_the_bundle_scores_new_rows(make_spec: MakeSpec) -> None:
    loaded = bundle.load(train(make_spec())["bundle"])
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
    info = bundle.load(train(spec)["bundle"]).info
    assert (info.data.start, info.data.end) == ("2000-11-18", "2000-11-19")


def test_without_validation_the_last_epoch_is_taken(make_spec: MakeSpec) -> None:
    done = train(make_spec(validation=[], epochs=2))
    assert (done["auc"], done["epoch"], done["validation_rows"]) == (None, 2, 0)


def test_training_again_makes_the_same_bytes(make_spec: MakeSpec, tmp_path: Path) -> None:
    first = Artifact.load(train(make_spec())["bundle"])
    torch.rand(7)
    second = Artifact.load(train(make_spec(output=str(tmp_path / "again")))["bundle"])
    assert first.digest == second.digest
    assert first.manifest.files == second.manifest.files
    other = Artifact.load(train(make_spec(seed=2, output=str(tmp_path / "other")))["bundle"])
    assert other.digest != first.digest


def test_the_best_epoch_is_kept_and_training_stops_early(make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = train(make_spec(epochs=40, params={"learning_rate": 0.5, "hidden": [64], "patience": 2, "refit": False}))
    epochs = [line for line in events(capsys) if line["event"] == "epoch"]
    assert len(epochs) < 40
    best = int(np.argmax([line["auc"] for line in epochs]))
    assert done["epoch"] == 1 + best
    assert len(epochs) == done["epoch"] + 2
    validation = pq.read_table(tmp_path / "validation" / "dt=2000-11-20")
    scores = bundle.load(done["bundle"]).score_features(validation)
    assert metrics.auc(validation["label"].to_numpy(), scores) == pytest.approx(epochs[best]["auc"], abs=1e-6)


def test_an_export_that_scores_otherwise_is_refused(make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlp_train.tables import Tables

    state = Tables.state
    monkeypatch.setattr(Tables, "state", lambda self: {name: value + value.dtype.type(0.01) for name, value in state(self).items()})
    with pytest.raises(TrainError, match=r"away from the trained model"):
        train(make_spec(epochs=1))


def test_sample_weights_count(make_spec: MakeSpec, tmp_path: Path) -> None:
    """Rows of weight zero, with the opposite labels, teach nothing."""
    good = planted(1500, 4)
    bad = good.set_column(0, "label", pa.array(1 - good["label"].to_numpy()))
    rows = pa.concat_tables([good.append_column("w", pa.array(np.ones(1500))), bad.append_column("w", pa.array(np.zeros(1500)))])
    (tmp_path / "weighted").mkdir()
    pq.write_table(rows, tmp_path / "weighted" / "part.parquet")
    spec = make_spec(train=[str(tmp_path / "weighted")], validation=[], weight="w", epochs=6)
    loaded = bundle.load(train(spec)["bundle"])
    assert "w" not in loaded.inputs
    new = planted(1000, 5)
    assert metrics.auc(new["label"].to_numpy(), loaded.score_features(new)) > 0.9


def test_max_steps_ends_training(make_spec: MakeSpec, capsys: pytest.CaptureFixture[str]) -> None:
    train(make_spec(max_steps=3, params={"refit": False}))
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
        "    def build(self): self.out = torch.nn.Linear(len(self.shape.pooled) * self.params.dim, self.shape.tasks)\n"
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
    done = train(spec)
    assert set(done["auc"]) == {"label", "late"}
    loaded = bundle.load(done["bundle"])
    assert loaded.score_features(table).shape == (600, 2)
    loaded.check()
    with pytest.raises(TrainError, match=r"'own_models:Not' is not a TorchRecModel"):
        train(make_spec(algorithm="own_models:Not", params={}))
    with pytest.raises(TrainError, match=r"'own_models:Gone' cannot be imported"):
        train(make_spec(algorithm="own_models:Gone", params={}))
    with pytest.raises(ValueError, match=r"has no field 'dims' .did you mean 'dim'"):
        train(msgspec.structs.replace(spec, params={"dims": 2}))


HOOKED = """
from mlp_train.torch.presets.deepfm import DeepFm
SEEN = []
class Hooked(DeepFm):
    def on_training_begin(self): SEEN.append("begin")
    def on_data(self, batch): SEEN.append(batch.rows); return batch
    def on_epoch_end(self, epoch, measures): SEEN.append((epoch, sorted(measures)))
    def on_save(self, uri): SEEN.append(uri)
    def on_training_end(self, measures): SEEN.append(measures["auc"])
"""


def test_hooks_are_called_around_the_loop(make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hooked_models.py").write_text(HOOKED)
    monkeypatch.chdir(tmp_path)
    done = train(make_spec(algorithm="hooked_models:Hooked", params={"refit": False}, epochs=1, batch_size=1000))
    from hooked_models import SEEN

    named = ["auc", "calibration", "gauc", "logloss"]
    assert ["begin", 1000, 1000, 1000, (1, named), done["auc"], done["bundle"]] == SEEN


LOOPED = """
from mlp_train.loop import TrainingLoop
from mlp_train.torch.presets.deepfm import DeepFm
class Looped(TrainingLoop, DeepFm):
    def run(self, session):
        self.losses = []
        for epoch in session.epochs():
            for batch in session.batches():
                self.losses.append(session.learn(batch))
            self.auc = session.measure()["auc"]
    def last(self, session):
        return {"batches": len(self.losses), "better": self.losses[-1] < self.losses[0], "seen": self.auc}
    def predict(self, session, batch):
        return 0.5 * session.score(batch)
"""


def test_a_loop_of_ones_own(
    make_spec: MakeSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own_loops.py").write_text(LOOPED)
    monkeypatch.chdir(tmp_path)
    done = train(make_spec(algorithm="own_loops:Looped", epochs=3, batch_size=1000))
    assert (done["batches"], done["better"], done["epoch"]) == (9, True, 3)
    assert done["auc"] == done["seen"] > 0.9
    assert done["calibration"] < 0.6
    assert [line["event"] for line in events(capsys) if line["event"] != "progress"] == ["data", "done"]
    bundle.load(done["bundle"]).check()
