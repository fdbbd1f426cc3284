"""Golden plans, SPEC.md and the page on feature files."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl import specification
from feature_dsl.golden.check import check_all
from feature_dsl.reference import run_row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "feature-language.md"


def test_golden_plans_give_what_they_gave() -> None:
    assert check_all() == []


def test_specification_is_up_to_date() -> None:
    spec = specification.SPEC.read_text(encoding="utf-8")
    assert specification.updated(spec) == spec, "run python -m feature_dsl.specification --write"
    written = {page: page.read_text(encoding="utf-8") for page in specification.PAGES.glob("*.md")}
    assert written == specification.pages(), "run python -m feature_dsl.specification --write"
    assert all(f"({page.parent.name}/{page.name})" in spec for page in written)


def _blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_script_of_the_specification_runs() -> None:
    (script,) = _blocks(specification.SPEC, "")
    features = feature_dsl.load(script)
    plan = features.compile(schema=pa.schema([("age", pa.utf8())]))
    batch = pa.RecordBatch.from_pydict({"age": ["10", None, "zz", "NULL"]})
    assert plan.run(batch).column(0).to_pylist() == [2, 0, 0, 0]


def test_page_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "features.yaml").write_text(_blocks(PAGE, "yaml")[0], encoding="utf-8")
    scope: dict[str, object] = {}
    for block in _blocks(PAGE, "python"):
        exec(compile(block, str(PAGE), "exec"), scope)
    features = feature_dsl.load(tmp_path / "features.yaml")
    assert set(run_row(features, {"age": "10", "user_id": "u1"})) == set(features.names)
