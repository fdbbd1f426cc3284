"""Reads, checks and writes golden files: JSON, floats in hexadecimal so that every bit is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from feature_dsl.types import parse_type

FOLDER = Path(__file__).parent


def check_all() -> list[str]:
    """One sentence per difference; empty where every golden plan gives what it gave when it was written."""
    problems = []
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            problems += [f"{file.name}: {case['name']}: {problem}" for problem in check_case(case)]
    return problems


def check_case(case: dict[str, Any]) -> list[str]:
    """Runs a stored plan over its stored rows, in one batch and row by row, and compiles its feature file anew."""
    from feature_dsl import Plan, load

    plan = Plan.from_json(json.dumps(case["plan"]))
    batch = _batch(case["inputs"])
    problems = []
    result = plan.run(batch)
    if encoded(result) != case["outputs"]:
        problems += _differences(encoded(result), case["outputs"])
    for row in range(batch.num_rows):
        single = encoded(plan.run(batch.slice(row, 1)))
        if any(single[name] != values[row : row + 1] for name, values in case["outputs"].items()):
            problems.append(f"row {row} alone differs from the batch")
    if load(case["features"]).compile().fingerprint != plan.fingerprint:
        problems.append("the feature file compiles to another plan")
    return problems


def make_case(name: str, features: str, columns: dict[str, list[Any]]) -> dict[str, Any]:
    """A case as this release computes it."""
    from feature_dsl import load

    plan = load(features).compile()
    inputs = [
        {"name": wanted.name, "type": str(wanted.type), "values": [_encode(value) for value in columns[wanted.name]]}
        for wanted in plan.inputs
    ]
    return {
        "name": name,
        "features": features,
        "plan": json.loads(plan.to_json()),
        "inputs": inputs,
        "outputs": encoded(plan.run(_batch(inputs))),
    }


def encoded(batch: Any) -> dict[str, list[Any]]:
    """Columns as JSON values."""
    return {name: [_encode(value) for value in batch.column(name).to_pylist()] for name in batch.schema.names}


def _encode(value: Any) -> Any:
    if isinstance(value, list):
        return [_encode(item) for item in value]
    return value.hex() if isinstance(value, float) else value


def _decode(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_decode(item, name) for item in value]
    return float.fromhex(value) if name == "float64" and isinstance(value, str) else value


def _batch(inputs: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    from feature_dsl.types import to_arrow

    arrays, names = [], []
    for column in inputs:
        kind = parse_type(column["type"])
        assert kind is not None
        values = [_decode(value, kind.name) for value in column["values"]]
        arrays.append(pa.array(values, to_arrow(kind)))
        names.append(column["name"])
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _differences(found: dict[str, list[Any]], wanted: dict[str, list[Any]]) -> list[str]:
    return [
        f"{name}, row {row}: {values[row]!r} instead of {wanted[name][row]!r}"
        for name, values in found.items()
        for row in range(len(values))
        if values[row] != wanted[name][row]
    ]
