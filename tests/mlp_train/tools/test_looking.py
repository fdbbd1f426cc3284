"""What inspect, compare and profile find out, and the curves that a training writes."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from mlp_train.torch.probe import gradient_norms

from .conftest import Run


def row(text: str, name: str) -> list[str]:
    return [line.split() for line in text.splitlines() if line.split()[:1] == [name]][-1]


def test_rows_without_an_id_were_never_learned(run: Run) -> None:
    found = run("inspect", "models/ctr-1").out
    assert row(found, "a")[1:5] == ["fixed", "50", "5", "42"]
    assert row(found, "b")[4] == "44" and row(found, "tags")[4] == "40"


def test_a_job_makes_first_values_again(run: Run, workshop: Path) -> None:
    from mlp_core.bundle import load
    from mlp_train.tools.fitted import begin, open_job
    from mlp_train.tools.inspect import _equal_rows

    run("--help")
    fit = begin(open_job(Path("job.json")))
    assert _equal_rows(load(workshop / "models" / "ctr-1").tables["a"].values, fit.tables.values("a")) == 42


def test_gradients_are_those_of_the_saved_model_and_change_nothing(run: Run, workshop: Path) -> None:
    import torch

    from mlp_train.tools.fitted import begin, open_job, restore
    from mlp_train.tools.gradients import gradients_of
    from mlp_train.tools.saved import open_saved
    from mlp_train.torch.learner import TorchLearner

    run("--help")
    job = open_job(Path("job.json"))
    fit, saved = begin(job), open_saved("models/ctr-1")
    assert restore(fit, saved) == []
    before = {name: value.copy() for name, value in saved.weights.items()}
    weights, tables = gradients_of(job, fit)
    assert isinstance(fit.learner, TorchLearner) and weights == gradient_norms(fit.learner)
    after = fit.learner.state()
    assert all(np.array_equal(after[name], value) for name, value in before.items())
    assert set(tables) == {"a", "b", "tags"} and all(value > 0 for value in tables.values())
    # The bias' gradient is the mean of score − label.
    from mlp_train.training.train import reader

    batch = next(reader(job, fit.progress, job.data.train_rows).epoch(1))
    expected = float((torch.from_numpy(fit.score(batch)) - torch.from_numpy(batch.labels[:, 0])).mean())
    assert weights["model.mlp.last.bias"] == pytest.approx(abs(expected), rel=1e-4, abs=1e-6)


def test_a_bundle_is_equal_to_itself(run: Run) -> None:
    found = run("compare", "models/ctr-1", "models/ctr-1")
    assert found.code == 0
    assert row(found.out, "a")[1:5] == ["50", "0", "0", "1"]
    assert row(found.out, "model.mlp.last.weight")[1:] == ["0", "0", "1"]
    assert row(found.out, "label")[1:5] == ["100", "0", "0", "1"]


def test_curves_hold_the_measures_of_each_epoch(workshop: Path) -> None:
    from tensorboard.compat.proto.event_pb2 import Event

    (file,) = (workshop / "curves" / "ctr").iterdir()
    data, events, place = file.read_bytes(), [], 0
    while place < len(data):
        (size,) = struct.unpack_from("<Q", data, place)
        events.append(Event.FromString(data[place + 12 : place + 12 + size]))
        place += 16 + size
    assert events[0].file_version == "brain.Event:2"
    measured = [(event.step, value.simple_value) for event in events for value in event.summary.value if value.tag == "select/auc"]
    assert [step for step, _ in measured] == [12, 24] and all(0.5 < value <= 1 for _, value in measured)
