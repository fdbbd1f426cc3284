"""A folder with a table, a job and the bundle that it trains, made once; and the command line in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_train.cli import main

JOB = {
    "version": 1,
    "name": "ctr",
    "algorithm": "deepfm",
    "train": ["ratings.parquet"],
    "validation": ["ratings.parquet"],
    # More rows than the data have ids: 8 of `a`, 6 of `b`, 10 of `tags`.
    "params": {"embedding_dim": 4, "hidden": [16], "learning_rate": 0.05, "refit": False, "cardinality": 50},
    "epochs": 2,
    "batch_size": 256,
    "output": "models/ctr-1",
    "checkpoints": "models/ctr-1-checkpoint",
}


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture(scope="package")
def workshop(tmp_path_factory: pytest.TempPathFactory, planted_rows: Callable[[int, int], pa.Table]) -> Iterator[Path]:
    """`ratings.parquet`, `job.json`, `models/ctr-1` with its checkpoint, and the curves of its training in `curves`."""
    folder = tmp_path_factory.mktemp("workshop")
    pq.write_table(planted_rows(3000, 1), folder / "ratings.parquet", row_group_size=500)
    (folder / "job.json").write_text(json.dumps(JOB))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLP_TENSORBOARD", "curves")
        # The thread that it starts would end the tests' own process.
        patch.setattr("mlp_train.signals.end_on_sigterm", lambda: None)
        patch.setattr("mlp_train.signals.save_on_sigterm", lambda: None)
        assert main(["--job", "job.json"]) == 0
    yield folder


@pytest.fixture
def run(workshop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in the workshop."""
    monkeypatch.chdir(workshop)
    monkeypatch.setenv("MLP_HOME", str(workshop / ".mlp"))
    monkeypatch.setattr("mlp_train.signals.end_on_sigterm", lambda: None)
    monkeypatch.setitem(os.environ, "COLUMNS", "200")

    def start(*arguments: str) -> Ended:
        capsys.readouterr()
        try:
            code = main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        return Ended(code, *capsys.readouterr())

    return start
