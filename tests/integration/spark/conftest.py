"""Real spark-submit processes: a class archive for all of them, and operators' steps to run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_mlp.launchers.class_archive import make_class_archive
from airflow_mlp.operators.step import Step
from airflow_mlp.partition import RunPartition
from mlp_core.artifacts import Artifact, Maker
from mlp_core.home import home

RunStep = Callable[..., dict[str, Artifact]]


@pytest.fixture(scope="session")
def class_archive(shared_cache: Path) -> Path:
    """Made once for all tests, in the cache that homes share."""
    shared, own = shared_cache / "cache" / "spark", home() / "cache" / "spark"
    shared.mkdir(exist_ok=True)
    if not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        own.symlink_to(shared)
    return make_class_archive()


@pytest.fixture
def run_step(tmp_path: Path, class_archive: Path) -> Iterator[RunStep]:
    """Runs an operator for the day 2000-11-20, artifacts below `root`."""

    def run(operator: Any, root: str | None = None, run_id: str = "r") -> dict[str, Artifact]:
        maker = Maker(dag_id="d", run_id=run_id, task_id=operator.task_id)
        step = Step(operator.step_name, root or (tmp_path / "artifacts").as_uri(), RunPartition(dt.date(2000, 11, 20)), maker)
        return dict(operator.run(step, {}))

    yield run
