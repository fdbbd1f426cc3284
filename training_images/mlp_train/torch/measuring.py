"""Measures of a model on a validation set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlp_core import metrics
from mlp_train.data import Dataset
from mlp_train.torch.batches import Rows
from mlp_train.torch.module import RecModule, score

NAMES = ("auc", "gauc", "logloss", "calibration")


def measure(module: RecModule, rows: Rows, data: Dataset, labels: Sequence[str]) -> dict[str, Any]:
    """AUC, GAUC, logloss and calibration, by name; for several labels each is an object by label. GAUC is null without groups."""
    scores = score(module, rows).numpy().astype(np.float64).reshape(data.rows, -1)
    each = [_one(data.labels[:, task], scores[:, task], data) for task in range(len(labels))]
    if len(labels) == 1:
        return each[0]
    return {name: {label: found[name] for label, found in zip(labels, each, strict=True)} for name in NAMES}


def quality(measures: dict[str, Any]) -> float:
    """The number that selects an epoch: AUC, its mean over tasks; minus infinity where it is not defined."""
    auc = measures["auc"]
    values = list(auc.values()) if isinstance(auc, dict) else [auc]
    return -math.inf if any(value is None for value in values) else float(np.mean(values))


def _one(labels: Any, scores: Any, data: Dataset) -> dict[str, float | None]:
    found: dict[str, float | None] = {
        "auc": metrics.auc(labels, scores, data.weights),
        "gauc": None if data.groups is None else metrics.gauc(labels, scores, data.groups),
        "logloss": metrics.logloss(labels, scores, data.weights),
        "calibration": metrics.calibration(labels, scores, data.weights),
    }
    return {name: None if value is None or math.isnan(value) else value for name, value in found.items()}
