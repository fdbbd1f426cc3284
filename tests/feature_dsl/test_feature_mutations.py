"""Mistakes put into kernels on purpose are all noticed by random programs."""

from __future__ import annotations

import importlib
import importlib.util
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl.machine import program
from feature_dsl.operations.base import latest, resolve


def _sibling(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"feature_dsl_tests_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


checking, mutations = _sibling("checking"), _sibling("mutations")
PACKAGE = Path(feature_dsl.__file__).parent
ROUNDS, PROGRAMS = 60, 12
CONTROLS = {
    "feature_dsl.kernels.lists:pad": "pad",
    "feature_dsl.kernels.arithmetic:mod": "mod",
    "feature_dsl.kernels.vocabulary:index": "index",
    "feature_dsl.kernels.spreading:spread": "add",
    "": "",
}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of all that is compiled into kernels, as a package of its own."""
    name = f"copied_{tmp_path.name.replace('-', '_')}"
    for room in ("machine", "kernels"):
        shutil.copytree(PACKAGE / room, tmp_path / name / room, ignore=shutil.ignore_patterns("__pycache__"))
    for path in tmp_path.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for room in ("machine", "kernels"):
            text = text.replace(f"feature_dsl.{room}", f"{name}.{room}")
        path.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / name
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


def use(copy: Path, kernels: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans made from now on take these ``module:name`` from the copy; without any, they load columns by the copy."""
    if not kernels:
        monkeypatch.setattr(program, "loader", importlib.import_module(f"{copy.name}.machine.loading").loader)
        return
    monkeypatch.setattr(program, "resolve", lambda path: resolve(path.replace("feature_dsl", copy.name) if path in kernels else path))


def round_in_which_it_differs(operation: str, seed: int) -> int | None:
    """The first round of random programs in which kernels and reference differ, None where none does."""
    for number in range(ROUNDS):
        source = random.Random(1_000 * seed + number)
        generator = checking.programs.Programs(source)
        scripts = [generator.using(operation) if operation else generator.script(1) for _ in range(PROGRAMS)]
        batch = generator.batch(source.choice([1, 5, 9, 17]), "\n".join(scripts))
        features = feature_dsl.load(checking.programs.as_file(scripts))
        plan = features.compile(schema=checking.programs.SCHEMA)
        expected = checking.meaning(features, batch).columns
        for found in (batch, checking.encodings.encoded(batch, source)):
            result = plan.run(found)
            if any(checking.programs.exact(result.column(name).to_pylist()) != checking.programs.exact(expected[name]) for name in expected):
                return number
        rows = pa.array(source.choices(range(batch.num_rows), k=1_200))
        encoded = checking.encodings.encoded(batch.take(rows), source)
        if number % 4 == 1 and not checking.same_bits(plan.run(encoded), result.take(rows)):
            return number
    return None


def test_mutations_are_many() -> None:
    assert len(mutations.MUTATIONS) >= 50
    assert len({(mutation.file, mutation.before, mutation.after) for mutation in mutations.MUTATIONS}) == len(mutations.MUTATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=[mutation.name for mutation in mutations.MUTATIONS])
def test_mutation_is_noticed(mutation: mutations.Mutation, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (copy / mutation.file).read_text(encoding="utf-8")
    assert text.count(mutation.before) == 1, f"{mutation.before!r} stands {text.count(mutation.before)} times in {mutation.file}"
    (copy / mutation.file).write_text(text.replace(mutation.before, mutation.after), encoding="utf-8")
    operation = latest(mutation.operation)
    assert (operation is None) == (mutation.operation == "")
    own = [path for path in (operation.kernel, operation.prepare) if path] if operation else []
    use(copy, [mutation.kernel] if mutation.kernel else own, monkeypatch)
    assert round_in_which_it_differs(mutation.operation, seed=7) is not None


@pytest.mark.slow
@pytest.mark.parametrize("kernel", CONTROLS)
def test_a_copy_without_a_mutation_makes_no_difference(
    kernel: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(copy, [kernel] if kernel else [], monkeypatch)
    assert round_in_which_it_differs(CONTROLS[kernel], seed=8) is None
