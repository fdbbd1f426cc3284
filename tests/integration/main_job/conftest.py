"""Homes in which the main job runs for real. They share the model environment and the data cache, which are slow to make."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SHORT_WINDOW = 20


@dataclass(frozen=True)
class Home:
    """A folder for MLP_HOME, and what commands in it need.

    dags: the folder of Dags other than the installed ones, a package as they are.
    """

    path: Path
    dags: Path | None = None

    @property
    def env(self) -> dict[str, str]:
        """The environment of this test run, with this home."""
        from airflow_mlp.demo.environment import airflow_environment

        given = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
        saved, os.environ["MLP_HOME"] = os.environ.get("MLP_HOME"), str(self.path)
        try:
            return airflow_environment(given) | self._own_dags(given)
        finally:
            if saved is None:
                del os.environ["MLP_HOME"]
            else:
                os.environ["MLP_HOME"] = saved

    def _own_dags(self, given: Mapping[str, str]) -> dict[str, str]:
        if self.dags is None:
            return {}
        places = [str(self.dags.parent), *filter(None, [given.get("PYTHONPATH")])]
        # A safe path: the working directory, where the installed Dags may be, does not come before.
        return {"AIRFLOW__CORE__DAGS_FOLDER": str(self.dags), "PYTHONPATH": os.pathsep.join(places), "PYTHONSAFEPATH": "1"}

    def mlp(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `mlp` here."""
        command = [sys.executable, "-c", "from airflow_mlp.cli import main; main()", *arguments]
        return subprocess.run(command, env={**self.env, **(env or {})}, capture_output=True, text=True, check=False)

    def demo(self, *arguments: str) -> dict[str, Any]:
        """Run `mlp demo` here and read its report."""
        done = self.mlp("demo", *arguments)
        log = self.path / "logs" / "demo.log"
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log.read_text()[-5000:] if log.exists() else ''}"
        report: dict[str, Any] = json.loads((self.path / "report.json").read_text())
        return report


@pytest.fixture(scope="session")
def make_home(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Callable[[str], Home]:
    """A new, empty home by name."""

    def make(name: str) -> Home:
        home = Home(tmp_path_factory.mktemp(name))
        for folder in ("envs", "cache"):
            (home.path / folder).symlink_to(shared_cache / folder)
        return home

    return make


def short_dags(folder: Path) -> Path:
    """A copy of the Dags in `folder` whose window is SHORT_WINDOW days; all else is the same."""
    from airflow_mlp.demo.environment import dags_folder

    copy = folder / "dags_examples"
    shutil.copytree(dags_folder(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    dag = copy / "movielens_daily.py"
    text, changed = re.subn('"start": -90', f'"start": -{SHORT_WINDOW}', dag.read_text(encoding="utf-8"))
    assert changed == 1
    dag.write_text(text, encoding="utf-8")
    return copy


@dataclass(frozen=True)
class Demo:
    """A home in which the demo has run, and its report."""

    home: Home
    report: dict[str, Any]


@pytest.fixture(scope="session")
def movielens(make_home: Callable[[str], Home]) -> Demo:
    """The demo on MovieLens-1M, as a person starts it."""
    home = make_home("movielens")
    return Demo(home, home.demo("--data", "movielens-1m"))


@pytest.fixture(scope="session")
def synthetic(make_home: Callable[[str], Home]) -> Demo:
    """The demo on synthetic data, with a short window: for what does not depend on how much is learned."""
    made = make_home("synthetic")
    home = Home(made.path, short_dags(made.path / "dags"))
    return Demo(home, home.demo("--data", "synthetic"))


def ids(report: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """The artifact id of each step of each date of a report, without the attempt that made it."""
    found = {}
    for date, run in report["dates"].items():
        for task, step in run["steps"].items():
            if step["artifact"]:
                match = re.search(r"/(dt=[^/]+/[0-9a-f]{20})/", step["artifact"])
                assert match is not None, step["artifact"]
                found[date, task] = match[1]
    return found


@pytest.fixture(scope="session")
def ids_of() -> Callable[[Mapping[str, Any]], dict[tuple[str, str], str]]:
    """The function `ids`."""
    return ids
