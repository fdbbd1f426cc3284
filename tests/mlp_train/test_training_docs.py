"""The examples of docs/training.md do what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlp_core import bundle

from .conftest import planted, write_day

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "training.md"


def block(language: str, containing: str, page: Path = PAGE) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return next(text for text in blocks if containing in text)


def write_data(folder: Path) -> None:
    for name, day, seed in (("train", "2000-11-19", 1), ("validation", "2000-11-20", 2)):
        table = planted(2000, seed)
        write_day(folder / "data" / name, day, table.rename_columns(["user_id" if c == "user" else c for c in table.column_names]))


def run(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "mlp_train", "--job", "job.json"]
    environment = {**os.environ, "MLP_RESOURCES": '{"cpu": 1}'}
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr
    done: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return done


@pytest.mark.parametrize(
    "changes", [{}, {"algorithm": "my_models:Pairs", "params": {"dim": 4, "learning_rate": 0.1}}], ids=["preset", "class"]
)
def test_the_examples_train(tmp_path: Path, changes: dict[str, object]) -> None:
    write_data(tmp_path)
    (tmp_path / "my_models.py").write_text(block("python", "class Pairs"))
    (tmp_path / "job.json").write_text(json.dumps(json.loads(block("json", '"version"')) | changes))
    done = run(tmp_path)
    example = json.loads(block("json", '"done"'))
    assert set(done) == set(example)
    assert done["auc"] > 0.85
    model = bundle.load(tmp_path / "models" / "ctr-1")
    model.check()
    assert model.score_features(planted(10, 3)).shape == (10,)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "module"), [("writing-a-loop.md", "my_loops"), ("writing-a-keras-model.md", "my_models")])
def test_the_guides_train(tmp_path: Path, page: str, module: str) -> None:
    write_data(tmp_path)
    guide = DOCS / "guides" / page
    (tmp_path / f"{module}.py").write_text(block("python", "class", guide))
    (tmp_path / "job.json").write_text(block("json", '"algorithm"', guide))
    done = run(tmp_path)
    assert done["auc"] > 0.8
    assert page != "writing-a-loop.md" or done["repeated"] == 3
    bundle.load(tmp_path / "models" / "ctr").check()
