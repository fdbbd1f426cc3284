from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_mlp.triton import environment, server
from airflow_mlp.triton.client import TritonClient
from airflow_mlp.triton.environment import Environment
from airflow_mlp.triton.repository import Repository


@pytest.fixture(scope="session")
def environments() -> Path:
    """Where model environments are kept from one test run to the next: `$MLP_TEST_TRITON_ENV`, else the user's cache."""
    return Path(os.environ.get("MLP_TEST_TRITON_ENV") or "~/.cache/airflow-mlp/envs").expanduser().absolute()


@pytest.fixture(scope="session")
def model_environment(environments: Path) -> Environment:
    return environment.ensure(environments)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder whose server is stopped when the test ends."""
    folder = (tmp_path / "home").resolve()
    yield folder
    server.stop(folder)


@pytest.fixture
def triton(home: Path, model_environment: Environment) -> Iterator[TritonClient]:
    """A client of a fresh server on `home`."""
    with TritonClient(server.start(home, model_environment).url) as client:
        yield client


@pytest.fixture
def repository(home: Path, model_environment: Environment) -> Repository:
    return Repository(server.Layout(home).repository, model_environment.path)
