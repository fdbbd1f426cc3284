"""What fuzzing has found stays found: its inputs, and its seeds, run with every suite."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def _harness() -> Any:
    spec = importlib.util.spec_from_file_location("fuzz_parser", HERE / "fuzz_parser.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HARNESS = _harness()
INPUTS = [
    *(pytest.param(path.read_bytes(), id=path.name) for path in sorted((HERE / "found").glob("[!.]*"))),
    *(pytest.param(seed, id=f"seed-{number}") for number, seed in enumerate(HARNESS.seeds())),
]


@pytest.mark.parametrize("data", INPUTS)
def test_an_input_does_no_harm(data: bytes) -> None:
    HARNESS.one_input(data)
