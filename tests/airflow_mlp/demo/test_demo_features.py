"""The example's feature file shows every kind that a newcomer needs first."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import yaml

import feature_dsl


def test_the_example_has_each_common_kind_and_compiles() -> None:
    spec = importlib.util.find_spec("dags_examples")
    assert spec is not None and spec.submodule_search_locations
    path = Path(next(iter(spec.submodule_search_locations))) / "movielens_features.yaml"
    kinds = {entry["kind"] for entry in yaml.safe_load(path.read_text())["features"]}
    wanted = {f"{name}_feature" for name in ("enum", "boundary", "list", "id", "cross", "raw")}
    assert wanted <= kinds
    features = feature_dsl.load(path)
    assert features.warnings == ()
    assert {domain for output in features.compile().outputs for domain in output.domains} == {"user", "item"}
