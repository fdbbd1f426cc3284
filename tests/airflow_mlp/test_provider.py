"""What Airflow and its users see of the package: discovery, import cost, examples that parse lightly, documentation."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest
from airflow.sdk import BaseOperator

from airflow_mlp.get_provider_info import get_provider_info

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "dags_examples").glob("*.py") if path.name != "__init__.py")
HEAVY = ("pyspark", "torch", "tensorflow", "kubernetes", "numba", "onnxruntime")
ROOMS = ("airflow_mlp", "dags_examples", "feature_dsl", "mlp_core", "spark_jobs", "training_images", "tests")


def modules() -> list[str]:
    info = get_provider_info()
    return [name for kind in ("operators", "sensors") for group in info[kind] for name in group["python-modules"]]


def task_classes() -> list[type[BaseOperator]]:
    """The public operators and sensors, each in the module that defines it."""
    found = [(name, importlib.import_module(name)) for name in modules()]
    return [
        item
        for name, module in found
        for item in vars(module).values()
        if inspect.isclass(item) and issubclass(item, BaseOperator) and item.__module__ == name and not item.__name__.startswith("_")
    ]


def python(code: str, env: dict[str, str] | None = None) -> Any:
    """What `code`, run by a fresh interpreter, prints on its last line, as JSON."""
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_info_is_valid() -> None:
    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_the_entry_point_leads_to_the_info() -> None:
    (entry,) = [each for each in entry_points(group="apache_airflow_provider") if each.value.startswith("airflow_mlp.")]
    assert entry.load()()["package-name"] == "airflow-mlp" == entry.dist.name  # type: ignore[union-attr]


@pytest.mark.slow
def test_airflow_lists_the_provider(airflow_home: dict[str, str]) -> None:
    command = [sys.executable, "-m", "airflow", "providers", "list", "--output", "json"]
    done = subprocess.run(command, env=airflow_home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout[done.stdout.index("[{") :])
    versions = {each["package_name"]: each["version"] for each in listed}
    assert versions.get("airflow-mlp") == importlib.import_module("airflow_mlp").__version__


def test_importing_the_package_is_quick() -> None:
    code = "import time; start = time.perf_counter(); import airflow_mlp; print(time.perf_counter() - start)"
    assert min(python(code) for _ in range(5)) < 0.1


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_parses_and_imports_nothing_heavy(example: Path, airflow_home: dict[str, str]) -> None:
    code = f"""
import json, sys
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag(dag_folder={str(example)!r}, bundle_name="example")
heavy = sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in {HEAVY!r})
print(json.dumps([bag.import_errors, len(bag.dags), heavy]))
"""
    errors, dags, heavy = python(code, airflow_home)
    assert errors == {}
    assert dags
    assert heavy == []


def test_operator_modules_import_nothing_heavy() -> None:
    code = f"""
import json, sys
import airflow.sdk.bases.sensor
before = set(sys.modules)
for name in {modules()!r}:
    __import__(name)
print(json.dumps(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in {HEAVY!r})))
"""
    assert python(code) == []


@pytest.mark.parametrize("task", task_classes(), ids=lambda task: task.__name__)
def test_every_parameter_is_documented(task: type[BaseOperator]) -> None:
    documented = {name for each in task.__mro__ for name in re.findall(r":param (\w+):", vars(each).get("__doc__") or "")}
    taken = inspect.signature(task.__init__).parameters.values()  # type: ignore[misc]
    named = {each.name for each in taken if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert named, "parameters are keyword-only"
    assert named <= documented
    assert not [each.name for each in taken if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and each.name != "self"]


@pytest.mark.parametrize("task", task_classes(), ids=lambda task: task.__name__)
def test_templated_fields_exist_and_say_so(task: type[BaseOperator]) -> None:
    texts = " ".join(vars(each).get("__doc__") or "" for each in task.__mro__)
    told = {name for name, text in re.findall(r":param (\w+):(.*?)(?=:param|\Z)", texts, re.DOTALL) if "(templated)" in text}
    # Fields that `__init__` derives from others are those others' to document.
    assert set(task.template_fields) & set(inspect.signature(task.__init__).parameters) <= told  # type: ignore[misc]


@pytest.mark.parametrize("task", task_classes(), ids=lambda task: task.__name__)
def test_every_operator_has_a_page(task: type[BaseOperator]) -> None:
    words = re.findall(r"[A-Z][a-z]*", task.__name__.removesuffix("Operator"))
    page = ROOT / "docs" / "operators" / f"{'-'.join(words).lower()}.md"
    assert page.exists(), f"{page.relative_to(ROOT)} is missing"
    assert task.__name__ in page.read_text()


def test_no_file_is_too_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > 500} == {}
