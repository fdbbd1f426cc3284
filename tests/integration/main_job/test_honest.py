"""The test day cannot leak into a model, and a model that learned nothing does not get to serve."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.artifacts import Artifact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
DAY, NEXT_DAY = "2000-11-20", "2000-11-22"


def permute_ratings(path: Path, seed: int) -> None:
    """Give the rows of a file each other's ratings; a new time lets the data be seen as landed again."""
    table = pq.ParquetFile(path).read()
    ratings = np.random.default_rng(seed).permutation(table["rating"].to_numpy())
    pq.write_table(table.set_column(table.schema.get_field_index("rating"), "rating", pa.array(ratings)), path)


@contextmanager
def permuted(home: Any, wanted: Callable[[str], bool]) -> Iterator[None]:
    """Permuted ratings in the partitions whose names are wanted, put back at the end with their old times."""
    files = [path for path in sorted((home.path / "warehouse" / "behaviour").glob("*/part-*")) if wanted(path.parent.name)]
    before = [(path, path.read_bytes(), path.stat().st_mtime_ns) for path in files]
    try:
        for seed, path in enumerate(files):
            permute_ratings(path, seed)
        yield
    finally:
        for path, content, modified in before:
            path.write_bytes(content)
            os.utime(path, ns=(modified, modified))


def run(home: Any, day: str, root: Path) -> dict[str, Any]:
    """The demo's report on a day with an artifact root in which nothing can be reused."""
    report = root / "report.json"
    done = home.mlp("demo", "--date", day, "--report", str(report), env={"MLP_ARTIFACT_ROOT": (root / "artifacts").as_uri()})
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def test_labels_of_the_test_day_change_no_training_artifact(synthetic: Any, tmp_path: Path) -> None:
    before = synthetic.report["dates"][DAY]
    with permuted(synthetic.home, lambda name: name == f"dt={DAY}"):
        after = run(synthetic.home, DAY, tmp_path)["dates"][DAY]
    for task in ("sample", "train"):
        one, other = (Artifact.load(report["steps"][task]["artifact"]) for report in (before, after))
        assert one.uri != other.uri  # made again, and yet the same
        assert (one.id, one.digest) == (other.id, other.digest)
    assert before["auc"] != after["auc"]  # the test day itself did change


def test_a_model_of_shuffled_labels_is_refused(synthetic: Any, tmp_path: Path) -> None:
    with permuted(synthetic.home, lambda name: name < f"dt={NEXT_DAY}"):
        report = run(synthetic.home, NEXT_DAY, tmp_path)
    found = report["dates"][NEXT_DAY]
    assert found["state"] == "success"
    assert found["promoted"] is False
    assert found["steps"]["deploy"]["state"] == "skipped"
    assert found["model_version"] is None
    decision = Artifact.load(found["steps"]["evaluate"]["artifact"]).read_json("report.json")["decision"]
    assert any("champion" in reason["bar"] and not reason["passed"] for reason in decision["reasons"])
    assert report["serving"]["version"] == synthetic.report["serving"]["version"]
