"""Every artifact test runs on this machine's files, and on HDFS where MLP_TEST_HDFS names one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlp_core.artifacts import storage


@pytest.fixture(params=["file", "hdfs"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URI of a new artifact root."""
    if request.param == "file":
        yield tmp_path.as_uri()
        return
    hdfs = os.environ.get("MLP_TEST_HDFS")
    if not hdfs:
        pytest.skip("MLP_TEST_HDFS names no HDFS")
    folder = f"{hdfs}/tmp/mlp-{uuid.uuid4().hex}"
    yield folder
    if storage.list_files(folder):
        storage.remove_folder(folder)
