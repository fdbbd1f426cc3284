"""The command line: help that teaches, `--job` alone, one sentence for wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlp_train.cli import COMMANDS

from .conftest import Run


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str, run: Run) -> None:
    ended = run(command, "--help")
    assert ended.code == 0
    assert "example" in ended.out and f"mlp_train {command} " in ended.out


def test_the_overview_names_all_commands(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0 and all(f"  {name} " in ended.out for name in COMMANDS)
    assert run().code == 2


def test_a_job_alone_is_trained_as_before(run: Run) -> None:
    alone, named = run("--job", "missing.json"), run("train", "--job", "missing.json")
    assert (alone.code, alone.err) == (2, "mlp_train: there is no job file missing.json; write the training specification there\n")
    assert alone == named
    assert json.loads(alone.out)["event"] == "failed"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("lokal --data x", "there is no command 'lokal' (did you mean 'local'?)"),
        ("local --data nowhere", "--data: nowhere is neither a published artifact nor a folder with Parquet files nor one such file"),
        ("local --data ratings.parquet --param dim", "--param 'dim' is not NAME=VALUE"),
        ("local --data ratings.parquet --algorithm deepfn", "unknown algorithm 'deepfn'"),
        ("local --data ratings.parquet --label clicked", "label column 'clicked' is not in the training set"),
        ("predict --bundle nowhere --data ratings.parquet", "is no model bundle"),
        ("predict --bundle models/ctr-1 --data job.json", "--data: job.json is neither"),
        ("predict --bundle models/ctr-1 --data ratings.parquet --output no/x.parquet", "--output: there is no folder"),
        ("inspect ratings.parquet", "is neither a bundle (no model.json) nor a checkpoint"),
        ("compare models/ctr-1 models/ctr-1-checkpoint", "is a checkpoint; compare takes bundles"),
        ("profile --job job.json --picture profile.txt", "ends with none of .png, .svg, .pdf"),
        ("profile --job job.json --steps 0", "'0' is not a whole number of at least 1"),
        ("search --space space.yaml --job job.json", "there is no space file space.yaml"),
    ],
)
def test_wrong_input_gets_one_sentence(command: str, sentence: str, run: Run) -> None:
    ended = run(*command.split())
    assert ended.code == 2
    assert sentence in ended.err


def test_predict_names_columns_that_are_missing(run: Run, workshop: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(workshop / "ratings.parquet").drop_columns(["price", "tags"]), workshop / "narrow.parquet")
    ended = run("predict", "--bundle", "models/ctr-1", "--data", "narrow.parquet", "--output", "never.parquet")
    assert ended.code == 2 and "--data lacks column(s) tags, price that the bundle reads; it has a, b, label, user" in ended.err
    assert not list(workshop.glob("*never*"))
