from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airflow_mlp.triton import environment, sources
from airflow_mlp.triton.environment import Environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LOOK = """
import importlib, importlib.util, json
rooms = ["mlp_core.bundle", "mlp_core.tensors", "feature_dsl"]
packages = ["numpy", "pyarrow", "onnxruntime", "numba"]
print(json.dumps({
    "rooms": {name: importlib.import_module(name).__file__ for name in rooms},
    "versions": {name: importlib.import_module(name).__version__ for name in packages},
    "absent": [name for name in ("airflow", "torch", "tensorflow", "pyspark") if importlib.util.find_spec(name) is None],
}))
"""


def look(built: Environment) -> dict[str, dict[str, str]]:
    done = subprocess.run([built.path / "bin" / "python", "-I", "-c", LOOK], stdout=subprocess.PIPE, check=True)
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def test_models_have_the_rooms_and_the_pinned_packages_and_no_more(model_environment: Environment) -> None:
    found = look(model_environment)
    assert all(path.startswith(str(model_environment.path)) for path in found["rooms"].values())
    assert (found["versions"]["numpy"], found["versions"]["pyarrow"]) == ("1.26.4", "20.0.0")
    assert len(found["absent"]) == 4
    assert model_environment.stub.exists()


def test_golden_plans_give_the_same_bits_there(model_environment: Environment) -> None:
    """Other versions of numpy and pyarrow; compiled kernels have come along with the rooms."""
    command = [model_environment.path / "bin" / "python", "-I", "-m", "feature_dsl.golden"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "golden plans: all results equal\n"), done.stdout + done.stderr


COMPILE = """
import feature_dsl, pyarrow as pa
words = 'def meta(){ initArray(1,0) }\\ndef main(){ array(hash_bucket(lower(x("word")), 100)) }'
batch = pa.RecordBatch.from_pydict({"word": ["A", None, "", "ü"]})
print(feature_dsl.load(words).compile(schema=batch.schema).run(batch).column(0).to_pylist())
"""


def test_kernels_that_did_not_come_along_are_compiled_there(model_environment: Environment, tmp_path: Path) -> None:
    empty = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    printed = []
    for command, variables in (([sys.executable], os.environ), ([str(model_environment.path / "bin" / "python"), "-I"], empty)):
        done = subprocess.run([*command, "-c", COMPILE], env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    assert list(tmp_path.rglob("*.nbc"))


def test_a_changed_source_installs_the_rooms_alone(
    environments: Path, model_environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = f"changed at {time.time_ns()}"
    monkeypatch.setattr(sources, "rooms_digest", lambda: digest)
    begin = time.monotonic()
    changed = environment.ensure(environments)
    assert time.monotonic() - begin < 30
    assert changed.base == model_environment.base
    assert changed.path != model_environment.path
    assert look(changed)["versions"] == look(model_environment)["versions"]
    written = (changed.path / "pyvenv.cfg").stat().st_mtime_ns
    assert environment.ensure(environments) == changed
    assert (changed.path / "pyvenv.cfg").stat().st_mtime_ns == written
    shutil.rmtree(changed.path)
