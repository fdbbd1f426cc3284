"""The examples of docs/training.md do what the page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlp_core import bundle

from .conftest import planted, write_day

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return next(text for text in blocks if containing in text)


@pytest.mark.parametrize(
    "changes", [{}, {"algorithm": "my_models:Pairs", "params": {"dim": 4, "learning_rate": 0.1}}], ids=["preset", "class"]
)
def test_the_examples_train(tmp_path: Path, changes: dict[str, object]) -> None:
    for name, day, seed in (("train", "2000-11-19", 1), ("validation", "2000-11-20", 2)):
        table = planted(2000, seed)
        write_day(tmp_path / "data" / name, day, table.rename_columns(["user_id" if c == "user" else c for c in table.column_names]))
    (tmp_path / "my_models.py").write_text(block("python", "class Pairs"))
    (tmp_path / "job.json").write_text(json.dumps(json.loads(block("json", '"version"')) | changes))
    command = [sys.executable, "-m", "mlp_train", "--job", "job.json"]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "MLP_RESOURCES": '{"cpu": 1}'}, check=False
    )
    assert ended.returncode == 0, ended.stderr
    done = json.loads(ended.stdout.splitlines()[-1])
    example = json.loads(block("json", '"done"'))
    assert set(done) == set(example)
    assert done["auc"] > 0.85
    model = bundle.load(tmp_path / "models" / "ctr-1")
    model.check()
    assert model.score_features(planted(10, 3)).shape == (10,)
