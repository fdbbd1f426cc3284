"""A feature set as a feature file of raw scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from feature_dsl.document.domains import CONTEXT
from feature_dsl.document.features import VERSION, Feature
from feature_dsl.syntax.printer import print_script

if TYPE_CHECKING:
    from feature_dsl.feature_set import FeatureSet


class _Text(str):
    """Text that YAML writes as a block."""


class _Dumper(yaml.SafeDumper):
    """Writes scripts as blocks."""


_Dumper.add_representer(_Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))


def write_document(features: FeatureSet) -> str:
    """YAML text that loads to a set with the same plan."""
    document: dict[str, Any] = {"version": VERSION, "group": features.group}
    domains = [domain for domain in features.domains if domain.name != CONTEXT]
    if domains:
        document["domains"] = {
            domain.name: {"key": domain.key, "columns": {name: str(kind) for name, kind in domain.columns.items()}} for domain in domains
        }
    for domain in features.domains:
        if domain.name == CONTEXT:
            document["columns"] = {name: str(kind) for name, kind in domain.columns.items()}
    document["features"] = [_entry(feature) for feature in features.features]
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30)


def _entry(feature: Feature) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": feature.name, "kind": "raw_feature"}
    for key in ("table", "role", "cardinality"):
        if getattr(feature, key) is not None:
            entry[key] = getattr(feature, key)
    entry["script"] = _Text(print_script(feature.script))
    return entry
