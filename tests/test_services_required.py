"""In CI a test that finds no service fails; elsewhere it is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEEDS_ONE = """
import pytest

@pytest.mark.skipif(True, reason="MLP_TEST_SOMETHING names no service")
def test_it():
    pass

def test_inside():
    pytest.skip("MLP_TEST_SOMETHING names no service")

@pytest.mark.skip(reason="another reason")
def test_other():
    pass
"""
WHOLE_MODULE = """
import pytest
pytest.skip("MLP_TEST_SOMETHING names no service", allow_module_level=True)
"""


@pytest.mark.parametrize(("required", "outcome"), [("1", "1 failed, 1 skipped, 2 errors"), ("", "4 skipped")])
def test_a_service_that_is_missing(tmp_path: Path, required: str, outcome: str) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_one.py").write_text(NEEDS_ONE)
    (tmp_path / "test_whole.py").write_text(WHOLE_MODULE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--continue-on-collection-errors", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "MLP_TEST_REQUIRE_SERVICES": required, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout.splitlines()[-1]
    assert done.returncode == (1 if required else 0)
