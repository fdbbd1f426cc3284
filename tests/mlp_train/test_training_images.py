"""The images that training runs in: what they install is what training imports, and no Airflow."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .conftest import MakeSpec

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "training_images"
FRAMEWORKS = {"pytorch": "torch", "tensorflow": "tensorflow"}

# Runs a training while only modules of the named distributions, of the platform's training rooms and of Python itself can be imported.
GUARDED = """
import importlib.abc, json, runpy, sys
allowed = set(json.loads(sys.argv[1])) | sys.stdlib_module_names
class Only(importlib.abc.MetaPathFinder):
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return self.finder.find_spec(name, path, target) if name.partition(".")[0] in allowed or name.startswith("_") else None
sys.meta_path[:] = [Only(finder) for finder in sys.meta_path]
sys.argv = ["mlp_train", "--job", sys.argv[2]]
runpy.run_module("mlp_train", run_name="__main__")
"""


def requirements(path: Path) -> list[Requirement]:
    found = []
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            found += requirements(path.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(wanted: list[Requirement]) -> set[str]:
    """The distributions that pip would install for these, by canonical name."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        requirement = waiting.pop()
        name = canonical(requirement.name)
        if name in found or (requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            depends = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        found.add(name)
        waiting += [Requirement(text) for text in depends]
    return found


@pytest.mark.parametrize("image", FRAMEWORKS)
def test_versions_are_those_of_the_constraints(image: str) -> None:
    pinned = {canonical(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)}
    for requirement in requirements(IMAGES / image / "requirements.txt"):
        assert str(requirement.specifier) == f"=={pinned[canonical(requirement.name)]}", requirement


@pytest.mark.slow
@pytest.mark.parametrize("image", FRAMEWORKS)
def test_training_needs_nothing_that_the_image_lacks(image: str, make_spec: MakeSpec, tmp_path: Path) -> None:
    import json

    job = tmp_path / "job.json"
    job.write_bytes(make_spec(framework=FRAMEWORKS[image], epochs=1).to_json())
    inside = closure(requirements(IMAGES / image / "requirements.txt"))
    assert "apache-airflow" not in inside
    modules = {module for module, names in packages_distributions().items() if inside & {canonical(name) for name in names}}
    rooms = {"feature_dsl", "mlp_core", "mlp_train"}
    command = [sys.executable, "-c", GUARDED, json.dumps(sorted(modules | rooms)), str(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "done"


@pytest.mark.parametrize("image", FRAMEWORKS)
def test_images_run_as_nobody_in_particular(image: str) -> None:
    text = (IMAGES / image / "Dockerfile").read_text()
    assert re.search(r"^USER 10001$", text, re.M)
    assert 'ENTRYPOINT ["python", "-m", "mlp_train"]' in text
