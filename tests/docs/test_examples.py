"""What the README and the guides show works: Dags parse, other Python runs, JSON is read, links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlp_core.specs import TrainingSpec

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Their examples are run by tests of their own, beside names that the page does not define.
ELSEWHERE = {"feature-language.md", "operations-of-your-own.md", "training.md"}
ELSEWHERE |= {page.name for page in (ROOT / "docs" / "operators").glob("*.md")}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


WITH_PYTHON = [page for page in PAGES if page.name not in ELSEWHERE and blocks(page, "python")]
DAGS = [
    pytest.param(block, id=f"{name(page)}-{number}")
    for page in WITH_PYTHON
    for number, block in enumerate(blocks(page, "python"))
    if "DAG(" in block
]


@pytest.mark.parametrize("example", DAGS)
def test_a_dag_parses(example: str, airflow_db: Path, tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    bag = DagBag(dag_folder=tmp_path, bundle_name="example")
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    assert len(DagSerialization.to_dict(dag)["dag"]["tasks"]) == len(dag.tasks) > 0


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_other_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {"__name__": "example"}
    for block in blocks(page, "python"):
        if "DAG(" not in block:
            exec(compile(block, name(page), "exec"), scope)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_json_is_json(page: Path) -> None:
    for block in blocks(page, "json"):
        document = json.loads(block)
        if "algorithm" in document:
            TrainingSpec.from_json(block)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_readme_shows_a_first_dag() -> None:
    (first,) = [block for block in blocks(ROOT / "README.md", "python") if "DAG(" in block]
    assert len(first.splitlines()) < 40
