"""What integration tests share because it is slow to make."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model environments and downloaded data: of this session, or of MLP_TEST_CACHE to keep them between sessions."""
    given = os.environ.get("MLP_TEST_CACHE")
    folder = Path(given) if given else tmp_path_factory.mktemp("shared")
    for name in ("envs", "cache"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder
