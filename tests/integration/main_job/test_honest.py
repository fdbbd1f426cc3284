"""The test day cannot leak into a model, and a model that learned nothing does not get to serve."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.artifacts import Artifact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
DAY = "2000-11-20"


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Replace a Parquet file by a changed one, with another time so that it is seen as landed again."""
    table = change(pq.ParquetFile(path).read())
    pq.write_table(table, path)


def permuted(seed: int) -> Callable[[pa.Table], pa.Table]:
    """Ratings in another order, all else as it was."""

    def change(table: pa.Table) -> pa.Table:
        ratings = np.random.default_rng(seed).permutation(table["rating"].to_numpy())
        return table.set_column(table.schema.get_field_index("rating"), "rating", pa.array(ratings))

    return change


def test_labels_of_the_test_day_change_no_training_artifact(make_home: Callable[[str], Any]) -> None:
    home = make_home("leak")
    before = home.demo("--data", "synthetic", "--date", DAY)["dates"][DAY]
    rewrite(home.path / "warehouse" / "behaviour" / f"dt={DAY}" / "part-00000.parquet", permuted(1))
    # Nothing may be reused: what is equal has to come out equal.
    env = {"MLP_ARTIFACT_ROOT": (home.path / "again").as_uri()}
    done = home.mlp("demo", "--date", DAY, env=env)
    assert (home.path / "report.json").exists(), done.stdout + done.stderr
    after = json.loads((home.path / "report.json").read_text())["dates"][DAY]
    samples = [Artifact.load(run["steps"]["sample"]["artifact"]) for run in (before, after)]
    assert samples[0].uri != samples[1].uri
    assert samples[0].digest == samples[1].digest
    models = [Artifact.load(run["steps"]["train"]["artifact"]) for run in (before, after)]
    assert models[0].uri != models[1].uri
    assert (models[0].id, models[0].digest) == (models[1].id, models[1].digest)
    assert before["auc"] != after["auc"]  # the test day itself did change


def test_a_model_of_shuffled_labels_is_refused(make_home: Callable[[str], Any]) -> None:
    home = make_home("shuffled")
    first = home.demo("--data", "synthetic", "--date", DAY)
    assert first["dates"][DAY]["promoted"] is True
    for number, folder in enumerate(sorted((home.path / "warehouse" / "behaviour").iterdir())):
        if "dt=2000-08-01" < folder.name <= f"dt={DAY}":
            rewrite(folder / "part-00000.parquet", permuted(number))
    home.mlp("demo", "--date", "2000-11-21")
    report = json.loads((home.path / "report.json").read_text())
    run = report["dates"]["2000-11-21"]
    assert run["state"] == "success"
    assert run["promoted"] is False
    assert run["steps"]["deploy"]["state"] == "skipped"
    assert run["model_version"] is None
    decision = Artifact.load(run["steps"]["evaluate"]["artifact"]).read_json("report.json")["decision"]
    assert [reason for reason in decision["reasons"] if not reason["passed"]]
    assert report["serving"]["version"] == first["serving"]["version"]
