"""The page on the tools: its commands run, and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from airflow_mlp import cli

PAGE = Path(__file__).parents[2] / "docs" / "features" / "tools.md"
_BLOCK = re.compile(r"^```(sh|yaml|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(language, content) for language, content in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    number = np.arange(1_000)
    table = {
        "user_id": [f"u{n % 40}" for n in number],
        "age": [[None, "00", "10", "zz"][n % 4] for n in number],
        "item_id": number % 100,
        "genres": [f"g{n % 7}|g{n % 11}" for n in number],
        "ctr_7d": number / 1_000,
        "label": number % 2,
    }
    pq.write_table(pa.table(table), tmp_path / "ratings.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mlp(command: str) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "160"}).invoke(cli.main, shlex.split(command)[1:], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_the_commands_of_the_page(folder: Path) -> None:
    shown = ""
    for place, (language, content) in enumerate(BLOCKS):
        following = BLOCKS[place + 1] if place + 1 < len(BLOCKS) else ("sh", "")
        if language == "yaml" and "written by" in content:
            assert (folder / "features.yaml").read_text(encoding="utf-8") == content
            (folder / "features-new.yaml").write_text(content.replace("hash_buckets: 500", "hash_buckets: 1000"), encoding="utf-8")
        elif language == "yaml":
            (folder / "wrong.yaml").write_text(content, encoding="utf-8")
            assert mlp("mlp features check wrong.yaml") == (1, following[1])
        elif language == "sh":
            code, shown = mlp(content.strip())
            assert code == (1 if " diff " in content else 0), shown
            if following[0] == "":
                assert shown == following[1]
    assert "user_id_hash   changed" in re.sub(" {3,}", "   ", shown)
