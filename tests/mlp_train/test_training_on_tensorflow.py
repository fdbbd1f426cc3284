"""A specification trained on TensorFlow, from Parquet files to a bundle."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mlp_core import bundle, metrics
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError
from mlp_train.keras.framework import FRAMEWORK
from mlp_train.training.train import train

from .conftest import MakeSpec, planted

CONTEXT = TrainContext(threads=2)


@pytest.mark.slow
def test_from_files_to_a_bundle_twice_the_same(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec(framework="tensorflow")
    done = train(spec, CONTEXT, FRAMEWORK)
    assert done["auc"] > 0.9
    loaded = bundle.load(done["bundle"])
    loaded.check()
    rows = planted(2000, 9)
    assert metrics.auc(rows["label"].to_numpy(), loaded.score_features(rows)) > 0.9
    assert loaded.info.framework == "tensorflow" and "tensorflow" in loaded.info.versions

    again = bundle.load(train(msgspec.structs.replace(spec, output=str(tmp_path / "again")), CONTEXT, FRAMEWORK)["bundle"])
    assert again.info.files == loaded.info.files


def test_several_processes_are_refused(make_spec: MakeSpec) -> None:
    with pytest.raises(TrainError, match="TensorFlow trains in one process here"):
        train(make_spec(framework="tensorflow"), TrainContext(rank=0, world_size=2), FRAMEWORK)
