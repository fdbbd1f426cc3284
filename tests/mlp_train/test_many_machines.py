"""Several processes that train one model learn what one process learns."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlp_core import bundle

from .conftest import MakeSpec, planted, train
from .processes import done, start_ranks

# Ids of `a` get a row when they are seen the third time, tags at once; the rest have fixed tables.
GROWING = {"a": {"admit_after": 3}, "tags": {}}
PARAMS: dict[str, Any] = {"learning_rate": 0.05, "embedding_dim": 4, "hidden": (16,), "patience": 0}


def same_model(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Tables and scores agree: the order of additions may differ."""
    one, other = bundle.load(found["bundle"]), bundle.load(expected["bundle"])
    for name, table in other.tables.items():
        np.testing.assert_allclose(one.tables[name].values, table.values, atol=1e-5, err_msg=name)
    rows = planted(500, 7)
    assert one.score_features(rows) == pytest.approx(other.score_features(rows), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam"},
        {"tables": "sharded", "growing": GROWING, "clip_norm": 0.5, "refit": False},
    ],
    ids=["replicated", "sharded"],
)
def test_two_ranks_learn_what_one_process_learns(make_spec: MakeSpec, tmp_path: Path, changes: dict[str, Any]) -> None:
    """The same rows are in every batch, and the mean of the ranks' gradients is the batch's: only the order of additions differs."""
    params = PARAMS | changes
    alone = train(make_spec(params={**params, "shards": 2}, epochs=2))
    spec = make_spec(params=params, epochs=2, output=str(tmp_path / "ranks"), checkpoints=str(tmp_path / "moments"))
    found, lines = done(start_ranks(spec, tmp_path, 2))
    assert [line["held"] for line in lines if line["event"] == "tables"] == [changes.get("tables", "replicated")]
    assert found["auc"] == pytest.approx(alone["auc"], abs=1e-5)
    assert found["outside"] == alone["outside"]
    same_model(found, alone)


def stop(ranks: list[subprocess.Popen[str]], told: int) -> dict[str, Any]:
    """Tell one rank to stop after the first epoch; the checkpoint that all have made before they ended."""
    assert ranks[0].stdout is not None
    for line in ranks[0].stdout:
        if json.loads(line)["event"] == "epoch":
            break
    ranks[told].send_signal(signal.SIGTERM)
    output, *_ = [rank.communicate(timeout=120)[0] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [143] * len(ranks)
    saved: dict[str, Any] = json.loads(output.splitlines()[-2])
    assert saved["event"] == "checkpoint"
    return saved


@pytest.mark.slow
def test_a_checkpoint_of_four_ranks_goes_on_with_two_and_then_with_one(make_spec: MakeSpec, tmp_path: Path) -> None:
    params = {**PARAMS, "tables": "sharded", "growing": GROWING, "shards": 4, "optimizer": "adam", "embedding_optimizer": "rowwise_adagrad"}
    spec = make_spec(params=params, epochs=8, output=str(tmp_path / "ranks"), checkpoints=str(tmp_path / "moments"))
    steps = [0]
    for count, told in ((4, 3), (2, 0)):
        steps.append(stop(start_ranks(spec, tmp_path, count), told)["step"])
    found, lines = done(start_ranks(spec, tmp_path, 1))
    assert (lines[0]["event"], lines[0]["step"]) == ("resumed", steps[2])
    assert steps == sorted(set(steps))
    same_model(found, train(make_spec(params=params, epochs=8, output=str(tmp_path / "alone"))))


@pytest.mark.slow
def test_a_killed_rank_ends_the_others_and_the_job_goes_on_when_started_again(make_spec: MakeSpec, tmp_path: Path) -> None:
    """The chief is killed, who keeps the meeting point of all."""
    params = {**PARAMS, "tables": "sharded", "growing": GROWING}
    changes: dict[str, Any] = {"params": params, "epochs": 6, "checkpoints": str(tmp_path / "moments"), "checkpoint_seconds": 1e-3}
    spec = make_spec(output=str(tmp_path / "ranks"), **changes)
    ranks = start_ranks(spec, tmp_path, 2)
    assert ranks[0].stdout is not None
    next(line for line in ranks[0].stdout if '"checkpoint"' in line and '"step":4' in line)
    ranks[0].kill()
    _, errors = ranks[1].communicate(timeout=120)
    assert ranks[1].returncode == 138
    assert "mlp_train: worker 1 of 2 lost touch with another one" in errors.splitlines()[-1]
    ranks[0].communicate(timeout=30)
    found, lines = done(start_ranks(spec, tmp_path, 2))
    assert next(line["step"] for line in lines if line["event"] == "resumed") > 1
    alone = train(make_spec(params={**params, "shards": 2}, epochs=6, output=str(tmp_path / "alone")))
    same_model(found, alone)
