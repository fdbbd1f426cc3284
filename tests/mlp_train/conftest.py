"""Small folders of Parquet files with a planted signal, and specifications that train on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.specs import TrainingSpec
from mlp_train.context import TrainContext
from mlp_train.torch.framework import FRAMEWORK
from mlp_train.training import train as loop

CONTEXT = TrainContext(threads=1)


def planted(rows: int, seed: int) -> pa.Table:
    """Labels follow whether `a` and `b` are both even or both odd: no weight per value can tell, a product of vectors can."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 8, rows), rng.integers(0, 6, rows)
    likes = (a % 2) == (b % 2)
    tags = [sorted(rng.choice(10, size=n, replace=False).tolist()) for n in rng.integers(0, 4, rows)]
    label = rng.random(rows) < np.where(likes, 0.95, 0.05)
    return pa.table(
        {
            "label": pa.array(label.astype(np.int64)),
            "user": pa.array([f"u{n}" for n in rng.integers(0, 20, rows)]),
            "a": pa.array(a),
            "b": pa.array(b, pa.int32()),
            "tags": pa.array(tags, pa.list_(pa.int64())),
            "price": pa.array(rng.lognormal(3, 1, rows)),
        }
    )


@pytest.fixture(scope="session")
def planted_rows() -> Callable[[int, int], pa.Table]:
    """`planted`, for tests in folders below."""
    return planted


def write_day(root: Path, day: str, table: pa.Table) -> str:
    """A partition folder of a plain table; returns the table's folder."""
    folder = root / f"dt={day}"
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "part-00000.parquet")
    return str(root)


def train(spec: TrainingSpec, context: TrainContext = CONTEXT) -> dict[str, Any]:
    """Train with PyTorch in this process; what the last line on standard output says."""
    return loop.train(spec, context, FRAMEWORK)


MakeSpec = Callable[..., TrainingSpec]


@pytest.fixture
def make_spec(tmp_path: Path) -> MakeSpec:
    """A specification over 3,000 training and 1,000 validation rows; keyword arguments change it."""
    train, validation = tmp_path / "train", tmp_path / "validation"
    write_day(train, "2000-11-18", planted(1500, 1))
    write_day(train, "2000-11-19", planted(1500, 2))
    write_day(validation, "2000-11-20", planted(1000, 3))

    def make(**changes: Any) -> TrainingSpec:
        params = {"learning_rate": 0.05, "embedding_dim": 4, "hidden": (16,), "patience": 0}
        given: dict[str, Any] = {
            "name": "ctr",
            "algorithm": "deepfm",
            "group": "user",
            "train": [str(train)],
            "validation": [str(validation)],
            "params": params,
            "epochs": 4,
            "batch_size": 256,
            "output": str(tmp_path / "out" / "bundle"),
        }
        return TrainingSpec(**(given | changes))

    return make
