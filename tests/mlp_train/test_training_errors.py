"""What bad input gets: one sentence before the first step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.artifacts import ArtifactError
from mlp_core.specs import SpecError
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError

from .conftest import MakeSpec, planted, train


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"label": "lable"},
            "label column 'lable' is not in the training set .did you mean 'label'..; it has label, user, a, b, tags, price",
        ),
        ({"weight": "w"}, "weight column 'w' is not in the training set"),
        ({"group": "usr"}, "group column 'usr' is not in the training set .did you mean 'user'."),
        ({"label": "a"}, r"label column 'a' holds \d; labels are 0 or 1"),
        ({"label": "user"}, "label column 'user' has type string; it must be a number"),
        ({"columns": ["a", "bb"]}, "columns names 'bb', which is not in the training set"),
        ({"columns": ["a", "user"]}, "column 'user' has type string; a model takes integers"),
        ({"params": {"cardinality": {"aa": 3}}}, "params.cardinality names 'aa'.*did you mean 'a'"),
        ({"train": ["/nowhere"]}, "train: /nowhere is neither a published artifact nor a folder with Parquet files"),
    ],
)
def test_a_wrong_field_is_named(make_spec: MakeSpec, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainError, match=message):
        train(make_spec(**changes))


def folder(path: Path, table: pa.Table) -> list[str]:
    path.mkdir()
    pq.write_table(table, path / "part.parquet")
    return [str(path)]


def changed(name: str, values: Any) -> pa.Table:
    table = planted(100, 1)
    return table.set_column(table.column_names.index(name), name, values)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (planted(100, 1).slice(0, 0), "the training set has no rows"),
        (changed("label", pa.array([1] * 100)), "label column 'label' is 1 in all 100 training rows"),
        (changed("label", pa.array([None, 1] * 50)), "label column 'label' is null in 50 rows"),
        (changed("label", pa.array([float("nan"), 1.0] * 50)), "label column 'label' holds NaN"),
        (changed("a", pa.array([2**40] * 100)), "column 'a' holds the id 1099511627776 and states no cardinality"),
        (planted(100, 1).select(["label", "user"]), "the training set has no feature column; it has label, user"),
    ],
)
def test_data_that_cannot_be_learned_from(make_spec: MakeSpec, tmp_path: Path, table: pa.Table, message: str) -> None:
    with pytest.raises(TrainError, match=message):
        train(make_spec(train=folder(tmp_path / "bad", table), validation=[], group=None))


def test_a_loss_that_is_no_number_ends_training(make_spec: MakeSpec, tmp_path: Path) -> None:
    steep = changed("price", pa.array(np.r_[np.zeros(99), 1e30]))
    spec = make_spec(train=folder(tmp_path / "steep", steep), params={"learning_rate": 1e30}, validation=[], epochs=50)
    with pytest.raises(TrainError, match=r"the loss is (nan|inf) at step"):
        train(spec)
    assert not (tmp_path / "out").exists()


def test_files_that_differ_are_named(make_spec: MakeSpec, tmp_path: Path) -> None:
    (uri,) = folder(tmp_path / "mixed", planted(100, 1))
    pq.write_table(planted(100, 1).drop_columns(["b"]), tmp_path / "mixed" / "part2.parquet")
    with pytest.raises(TrainError, match=r"part2.parquet lacks column.s. b"):
        train(make_spec(train=[uri]))


def test_hyper_parameters_are_checked(make_spec: MakeSpec) -> None:
    with pytest.raises(SpecError, match=r"did you mean 'hidden'"):
        train(make_spec(params={"hiden": [1]}))


def test_what_is_published_is_never_replaced(make_spec: MakeSpec) -> None:
    train(make_spec(epochs=1))
    with pytest.raises(ArtifactError, match=r"published already"):
        train(make_spec(epochs=1))


def run(job: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    command = [sys.executable, "-m", "mlp_train", "--job", str(job)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False, timeout=120)


def test_the_command_says_why_in_one_sentence(make_spec: MakeSpec, tmp_path: Path) -> None:
    job, error = tmp_path / "job.json", tmp_path / "error.json"
    job.write_bytes(make_spec(label="lable").to_json())
    ended = run(job, MLP_ERROR_FILE=str(error))
    assert ended.returncode == 2
    sentence = "label column 'lable' is not in the training set (did you mean 'label'?); it has label, user, a, b, tags, price"
    assert ended.stderr.splitlines() == [f"mlp_train: {sentence}"]
    assert json.loads(ended.stdout.splitlines()[-1]) == {"event": "failed", "error": sentence}
    assert json.loads(error.read_bytes()) == {"error": sentence}


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK is 2 with WORLD_SIZE 2"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "MASTER_ADDR is not set"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'; it must be a whole number"),
        ({"MLP_RESOURCES": '{"cpus": 2}'}, "resources has no field 'cpus' .did you mean 'cpu'"),
    ],
)
def test_a_wrong_environment_is_explained(environment: dict[str, str], message: str) -> None:
    with pytest.raises((TrainError, SpecError), match=message):
        TrainContext.from_environment(environment)


def test_the_environment_says_who_this_is() -> None:
    environment = {
        "RANK": "1",
        "WORLD_SIZE": "3",
        "LOCAL_RANK": "1",
        "MASTER_ADDR": "chief",
        "MLP_RESOURCES": '{"cpu": 3}',
    }
    assert TrainContext.from_environment(environment) == TrainContext(rank=1, world_size=3, local_rank=1, threads=3)


def test_threads_do_not_depend_on_the_machine() -> None:
    assert TrainContext.from_environment({}).threads == 2
