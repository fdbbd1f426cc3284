"""Golden plans, SPEC.md and the page on feature files."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl import specification
from feature_dsl.golden.check import FOLDER, check_all
from feature_dsl.operations.base import names
from feature_dsl.reference import run_row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "feature-language.md"

_spec = importlib.util.spec_from_file_location("feature_dsl_tests_checking", Path(__file__).with_name("checking.py"))
assert _spec is not None and _spec.loader is not None
checking = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = checking
_spec.loader.exec_module(checking)


def test_golden_plans_give_what_they_gave() -> None:
    assert check_all() == []


def test_every_operation_stands_in_a_golden_file() -> None:
    files = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")]
    stored = {node[0] for cases in files for case in cases for node in case["plan"]["nodes"]}
    assert set(names()) <= stored


ELSEWHERE = """
import sys, feature_dsl, pyarrow as pa
text, stored, batch, result = (open(name, "rb").read() for name in sys.argv[1:5])
batch = pa.ipc.open_stream(batch).read_next_batch()
plan = feature_dsl.Plan.from_json(stored)
assert feature_dsl.load(text.decode()).compile(schema=batch.schema).to_json() == stored.decode()
sys.exit(0 if plan.run(batch).serialize().to_pybytes() == result else "the result differs")
"""


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_gives_the_same_bits(tmp_path: Path, hash_seed: str) -> None:
    """A plan from JSON, and its features compiled anew, where sets and dicts hash otherwise."""
    generator = checking.programs.Programs(random.Random(2026))
    scripts = generator.scripts(60)
    batch, text = generator.batch(40, "\n".join(scripts)), checking.programs.as_file(scripts)
    plan = feature_dsl.load(text).compile(schema=batch.schema)
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, batch.schema) as writer:
        writer.write_batch(batch)
    files = {
        "features.yaml": text.encode(), "plan.json": plan.to_json().encode(), "batch": stream.getvalue().to_pybytes(),
        "result": plan.run(batch).serialize().to_pybytes(),
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-c", ELSEWHERE, *(str(tmp_path / name) for name in files)]
    done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


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
