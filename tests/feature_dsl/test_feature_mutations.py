"""Mistakes put into kernels on purpose are all noticed by random programs."""

from __future__ import annotations

import importlib
import importlib.util
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl.machine import program
from feature_dsl.machine.loading import READERS, loader
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
ROUNDS, ROUNDS_OF_CONTROLS, PROGRAMS = 60, 15, 12
ROOMS = ("machine", "kernels")
_SAME = "from __future__ import annotations"
CONTROLS = [
    mutations.Mutation("pad", "kernels/lists.py", _SAME, _SAME, "feature_dsl.kernels.lists:pad"),
    mutations.Mutation("mod", "machine/integers.py", _SAME, _SAME, "feature_dsl.kernels.arithmetic:mod"),
    mutations.Mutation("index", "kernels/vocabulary.py", _SAME, _SAME, "feature_dsl.kernels.vocabulary:index"),
    mutations.Mutation("string", "machine/loading.py", _SAME, _SAME),
]


def _import_of(file: str) -> re.Pattern[str]:
    room, stem = file.removesuffix(".py").split("/")
    return re.compile(rf"^from feature_dsl(\.{room}\.{stem} import|\.{room} import {stem}$)", re.MULTILINE)


def _with_dependents(changed: str) -> dict[str, str]:
    """Texts of a file and of all others that compile it in, by their paths in the package."""
    texts = {f"{room}/{path.name}": path.read_text(encoding="utf-8") for room in ROOMS for path in (PACKAGE / room).glob("*.py")}
    found = [changed]
    for file in found:
        found += [other for other, text in texts.items() if other not in found and _import_of(file).search(text)]
    return {file: texts[file] for file in found}


Copy = Callable[[str, str, str], str]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copy]:
    """Makes a package of copies of a file, one text in it replaced, and of those that depend on it; gives the package's name."""
    name = f"copied_{tmp_path.name.replace('-', '_')}"

    def make(file: str, before: str, after: str) -> str:
        texts = _with_dependents(file)
        assert texts[file].count(before) == 1, f"{before!r} stands {texts[file].count(before)} times in {file}"
        texts[file] = texts[file].replace(before, after)
        for other, text in texts.items():
            for copied in texts:
                text = _import_of(copied).sub(rf"from {name}\1", text)
            (tmp_path / name / other).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / other).write_text(text, encoding="utf-8")
        return name

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


def use(package: str, mutation: mutations.Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans made from now on take the mutation's kernel, or what loads its Arrow type, from the copies."""
    operation = latest(mutation.operation)
    if operation is None:
        other = importlib.import_module(f"{package}.machine.loading").loader
        monkeypatch.setattr(program, "loader", lambda name: other(name) if name == mutation.operation else loader(name))
        return
    paths = [mutation.kernel] if mutation.kernel else [operation.kernel, operation.prepare]
    monkeypatch.setattr(program, "resolve", lambda path: resolve(path.replace("feature_dsl", package) if path in paths else path))


def round_in_which_it_differs(mutation: mutations.Mutation, seed: int, rounds: int) -> int | None:
    """The first round of random programs in which kernels and reference differ, None where none does."""
    programs, encodings = checking.programs, checking.encodings
    loads = mutation.operation in READERS
    for number in range(rounds):
        source = random.Random(1_000 * seed + number)
        generator = programs.Programs(source)
        scripts = generator.reading() if loads else [generator.using(mutation.operation) for _ in range(PROGRAMS)]
        batch = generator.batch(source.choice([1, 5, 9, 17]), "\n".join(scripts))
        features = feature_dsl.load(programs.as_file(scripts))
        plan = features.compile(schema=programs.SCHEMA)
        expected = checking.meaning(features, batch).columns
        for found in (batch, *(encodings.encoded(batch, source, 0.9) for _ in range(4 if loads else 1))):
            result = plan.run(found)
            if any(programs.exact(result.column(name).to_pylist()) != programs.exact(values) for name, values in expected.items()):
                return number
        rows = pa.array(source.choices(range(batch.num_rows), k=1_200))
        if number % 4 == 1 and not checking.same_bits(plan.run(encodings.encoded(batch.take(rows), source)), result.take(rows)):
            return number
    return None


def test_mutations_are_many() -> None:
    assert len(mutations.MUTATIONS) >= 50
    assert len({(mutation.file, mutation.before, mutation.after) for mutation in mutations.MUTATIONS}) == len(mutations.MUTATIONS)
    assert all(latest(mutation.operation) or mutation.operation in READERS for mutation in mutations.MUTATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=[mutation.name for mutation in mutations.MUTATIONS])
def test_mutation_is_noticed(mutation: mutations.Mutation, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    use(copy(mutation.file, mutation.before, mutation.after), mutation, monkeypatch)
    assert round_in_which_it_differs(mutation, seed=7, rounds=ROUNDS) is not None


@pytest.mark.slow
@pytest.mark.parametrize("mutation", CONTROLS, ids=[mutation.operation for mutation in CONTROLS])
def test_a_copy_without_a_mutation_makes_no_difference(mutation: mutations.Mutation, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    use(copy(mutation.file, mutation.before, mutation.after), mutation, monkeypatch)
    assert round_in_which_it_differs(mutation, seed=8, rounds=ROUNDS_OF_CONTROLS) is None
