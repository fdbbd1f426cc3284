"""Random programs try every operation often, and with missing inputs."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import feature_dsl
from feature_dsl.operations.base import names
from feature_dsl.plan.nodes import Node
from feature_dsl.reference import compile_reference
from feature_dsl.reference.interpreter import evaluate
from feature_dsl.types import Value

_path = Path(__file__).with_name("programs.py")
_spec = importlib.util.spec_from_file_location("feature_dsl_tests_programs", _path)
assert _spec is not None and _spec.loader is not None
programs = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = programs
_spec.loader.exec_module(programs)

PROGRAMS = 2_000
SHARE = 500 / 20_000
"""Of the programs, for each operation with a missing input."""


def _is_missing(value: Value) -> bool:
    return value is None or value == () or (isinstance(value, tuple) and None in value)


def _with_missing_inputs(nodes: Sequence[Node], row: dict[str, object]) -> Iterator[str]:
    values: list[Value] = []
    for node in nodes:
        values.append(evaluate(node, values, row))
        if node.version and any(_is_missing(values[arg]) for arg in node.args):
            yield node.op


@pytest.mark.slow
def test_every_operation_meets_missing_inputs() -> None:
    met: Counter[str] = Counter()
    for seed in range(PROGRAMS):
        source = random.Random(seed)
        generator = programs.Programs(source)
        written = compile_reference(feature_dsl.load(generator.script(source.randint(1, 5))), schema=programs.SCHEMA)
        rows = generator.batch(source.choice([0, 1, 2, 7, 7, 7])).to_pylist()
        met.update({name for row in rows for name in _with_missing_inputs(written.nodes, row)})
    rare = {name: met[name] for name in names() if met[name] < SHARE * PROGRAMS}
    assert not rare, f"of {PROGRAMS:,} programs too few with a missing input: {rare}"
