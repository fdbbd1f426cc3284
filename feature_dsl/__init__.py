"""The feature language: one definition of features, one engine, offline and online.

``load`` reads a feature file, ``FeatureSet.compile`` types it, ``Plan.run`` computes its columns over Arrow batches.
Importing this package imports none of pyarrow, numba, lark and yaml.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from feature_dsl.errors import FeatureError, FeatureWarning

if TYPE_CHECKING:
    from feature_dsl.feature_set import FeatureSet, load
    from feature_dsl.machine.warm import warm_up
    from feature_dsl.plan.nodes import Input, Output
    from feature_dsl.plan.plan import Plan, Runner

_HOMES = {
    "load": "feature_dsl.feature_set",
    "FeatureSet": "feature_dsl.feature_set",
    "Plan": "feature_dsl.plan.plan",
    "Runner": "feature_dsl.plan.plan",
    "warm_up": "feature_dsl.machine.warm",
    "Input": "feature_dsl.plan.nodes",
    "Output": "feature_dsl.plan.nodes",
}

__all__ = ["FeatureError", "FeatureSet", "FeatureWarning", "Input", "Output", "Plan", "Runner", "load", "warm_up"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
