from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_mlp.triton.config import render, servable
from airflow_mlp.triton.errors import DeployError
from mlp_core.bundle import Column, ModelInfo


def info(*raw: tuple[str, str], labels: tuple[str, ...] = ("label",)) -> ModelInfo:
    columns = tuple(Column(*each) for each in raw)
    return ModelInfo(name="ctr", framework="torch", algorithm="sum", labels=labels, features=(), tables=(), inputs=(), raw=columns)


def parse(text: str) -> Any:
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    return text_format.Parse(text, ModelConfig())


def test_the_columns_of_all_loaded_versions_are_inputs() -> None:
    versions = {2: info(("user", "utf8"), ('näme "x"', "bool")), 1: info(("user", "utf8"), ("ctr", "float64"), ("n", "int64"))}
    config = parse(render("ctr", versions, Path("/envs/triton-1")))
    assert [(each.name, each.data_type, each.optional) for each in config.input] == [
        ("ctr", 12, True),
        ("n", 9, True),
        ('näme "x"', 6, True),
        ("user", 13, True),
    ]
    assert list(config.version_policy.specific.versions) == [1, 2]
    assert config.parameters["EXECUTION_ENV_PATH"].string_value == "/envs/triton-1"
    assert list(config.output[0].dims) == [-1]


def test_the_text_depends_on_the_arguments_alone() -> None:
    one, two = info(("a", "utf8"), ("b", "int64")), info(("b", "int64"), ("a", "utf8"))
    assert render("ctr", {1: one, 2: two}, None) == render("ctr", {2: one, 1: two}, None)
    assert "EXECUTION_ENV_PATH" not in render("ctr", {1: one}, None)


def test_several_labels_are_columns_of_the_output() -> None:
    config = parse(render("ctr", {1: info(("a", "utf8"), labels=("click", "buy"))}, None))
    assert list(config.output[0].dims) == [-1, 2]


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({1: info(("a", "utf8")), 2: info(("a", "int64"))}, "column 'a' of 'ctr' is int64 in version 2 and another type"),
        ({1: info(("a", "utf8")), 2: info(("a", "utf8"), labels=("x", "y"))}, "different numbers of labels"),
        ({1: info(("a", "list<int64>"))}, "the bundle 'ctr' cannot be served: column 'a' is of type list<int64>"),
    ],
)
def test_versions_that_do_not_go_together_are_refused(versions: dict[int, ModelInfo], message: str) -> None:
    with pytest.raises(DeployError, match=message):
        render("ctr", versions, None)


def test_a_bundle_without_raw_columns_cannot_be_served() -> None:
    with pytest.raises(DeployError, match="names no raw columns"):
        servable(info())
