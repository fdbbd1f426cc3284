from __future__ import annotations

import os
import shutil
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


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory, model_environment: Environment) -> Iterator[Path]:
    """A home folder whose server runs for the whole session."""
    folder = tmp_path_factory.mktemp("triton").resolve()
    server.start(folder, model_environment)
    yield folder
    server.stop(folder)


@pytest.fixture
def repository(shared_home: Path, model_environment: Environment) -> Repository:
    return Repository(server.Layout(shared_home).repository, model_environment.path)


@pytest.fixture
def triton(shared_home: Path, repository: Repository) -> Iterator[TritonClient]:
    """A client of the session's server, which holds no model before and after a test."""
    with TritonClient(server.status(shared_home).url) as client:
        yield client
        for name in {state.name for state in client.index() if state.state == "READY"}:
            client.unload(name)
        shutil.rmtree(repository.root)
        repository.root.mkdir()
