"""The page on operations of one's own works: its package, installed, adds an operation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "features" / "operations-of-your-own.md"
MODULE, USE = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which the page's package is installed."""
    (tmp_path / "mail_features.py").write_text(MODULE)
    info = tmp_path / "mail_features-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mail-features\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[feature_dsl.operations]\nmail = mail_features\n")
    return tmp_path


def python(code: str, site: Path) -> subprocess.CompletedProcess[str]:
    """Runs code where that folder is searched too."""
    path = os.pathsep.join([str(site), *sys.path])
    return subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)


def test_the_pages_operation_works(site: Path) -> None:
    done = python(USE, site)
    assert done.returncode == 0, done.stderr


def test_a_plan_says_which_operation_is_not_there(site: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    done = python(USE + "\nprint(features.compile().to_json())", site)
    load = f"import feature_dsl\nfeature_dsl.Plan.from_json({done.stdout!r})"
    refused = python(load, tmp_path_factory.mktemp("without"))
    assert "mail_host" in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('"mail_host", 1', '"lower", 1'), "operation lower version 1 is registered twice"),
        (('"mail_host", 1', '"lower", 7'), "the name lower is the language's own"),
        (("from feature_dsl.types", "from feature_dsl.typos"), "No module named 'feature_dsl.typos'"),
    ],
)
def test_a_package_that_does_not_fit_is_named(site: Path, change: tuple[str, str], expected: str) -> None:
    (site / "mail_features.py").write_text(MODULE.replace(*change))
    line = python(USE, site).stderr.splitlines()[-1]
    assert "the feature operations 'mail' of the package mail-features do not load" in line
    assert expected in line
