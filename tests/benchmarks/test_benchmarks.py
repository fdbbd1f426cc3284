"""The benchmarks run, on few rows, and check what they compare."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_the_feature_benchmark_prints_its_tables() -> None:
    for package in ("polars", "polars_hash"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    command = [sys.executable, str(HERE / "features.py"), "--rows", "20000", "--rounds", "1", "--calls", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in ("outputs equal", "| Polars with polars-hash | 2 |", "| Plan.bind | 200 |", "200 features:"):
        assert word in done.stdout


def test_the_benchmark_of_tables_prints_a_line_for_each() -> None:
    command = [sys.executable, str(HERE / "tables.py"), "--rows", "50", "200", "--keys", "200", "--batches", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" | ")[:2] for line in done.stdout.splitlines()[2:]]
    peer = "| nn.Embedding(sparse=True), Adagrad"
    assert lines == [["| fixed", "1,300"], ["| fixed", "5,200"], ["| growing", "5,200"], [peer, "1,300"], [peer, "5,200"]]


@pytest.mark.slow
def test_the_reading_benchmark_prints_its_tables() -> None:
    command = [sys.executable, str(HERE / "reading.py"), "--rows", "20000", "--times", "3", "--buffer", "10000", "--step", "0.005"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in ("| 20,000 |", "| 60,000 |", "rows/s from memory"):
        assert word in done.stdout
