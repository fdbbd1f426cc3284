"""Random programs over random batches mean the same in the kernels and in the reference."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numba  # type: ignore[import-untyped,unused-ignore]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import feature_dsl
from feature_dsl.operations.base import names

FOLDER = Path(__file__).parent
PROGRAMS, LEAST = 20_000, 500


def _sibling(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"feature_dsl_tests_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


checking = _sibling("checking")


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63))
def test_kernels_equal_reference(seed: int) -> None:
    checking.check_file(seed, 5)


@pytest.mark.slow
@pytest.mark.timeout(1_800)  # about 90 s on two idle cores
def test_twenty_thousand_programs() -> None:
    """No difference; nothing is compiled for a program; every operation meets missing inputs often."""
    command = [sys.executable, str(FOLDER / "random_programs.py"), "--programs", str(PROGRAMS), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout)
    assert tally["programs"] == PROGRAMS
    assert tally["compiled"] == 0
    rare = {name: count for name, count in tally["missing"].items() if count < LEAST}
    assert set(tally["missing"]) >= set(names()) and not rare, f"too few programs with a missing input: {rare}"


def test_compiling_would_be_noticed() -> None:
    with _sibling("random_programs").compiler_passes() as passes:
        assert numba.cfunc("int64(int64)")(lambda value: value + 1).address
    assert passes


def test_a_difference_is_shown_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is told as one script, the rows that show it, and both results."""
    meaning = checking.meaning

    def wrong(features: feature_dsl.FeatureSet, batch: object) -> object:
        found = meaning(features, batch)
        for values in found.columns.values():
            values[-1:] = [[12345]] * len(values[-1:])
        return found

    monkeypatch.setattr(checking, "meaning", wrong)
    with pytest.raises(AssertionError, match=r"(?s)seed \d+: .*def main.*rows: \[\{.*\}\]\nkernels: .*reference: \[\[12345\]\]") as caught:
        checking.check_file(3, 3)
    assert str(caught.value).count("def main") == 1
    assert str(caught.value).count("'li':") == 1
