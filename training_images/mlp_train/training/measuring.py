"""Measures of a model on a validation set."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_core import metrics
from mlp_train.data.reader import Reader
from mlp_train.training.fitting import Fit
from mlp_train.training.progress import Measures

NAMES = ("auc", "gauc", "logloss", "calibration")
Array = npt.NDArray[Any]


def measure(fit: Fit, reader: Reader) -> Measures:
    """AUC, GAUC, logloss and calibration, by name; for several labels each is an object by label. GAUC is null without groups."""
    scores, labels, weights, groups = [], [], [], []
    for batch in reader.in_order():
        scores.append(fit.score(batch).reshape(batch.rows, -1))
        labels.append(batch.labels)
        weights.append(batch.weights)
        groups.append(batch.groups)
    tasks = fit.learner.shape.labels
    if not scores:
        return dict.fromkeys(NAMES) if len(tasks) == 1 else {name: dict.fromkeys(tasks) for name in NAMES}
    all_scores, all_labels = np.concatenate(scores).astype(np.float64), np.concatenate(labels)
    all_weights, all_groups = _joined(weights), _joined(groups)
    each = [_one(all_labels[:, task], all_scores[:, task], all_weights, all_groups) for task in range(len(tasks))]
    if len(tasks) == 1:
        return each[0]
    return {name: {label: found[name] for label, found in zip(tasks, each, strict=True)} for name in NAMES}


def _joined(parts: list[Any]) -> Array | None:
    return None if parts[0] is None else np.concatenate(parts)


def _one(labels: Array, scores: Array, weights: Array | None, groups: Array | None) -> Measures:
    found: dict[str, float | None] = {
        "auc": metrics.auc(labels, scores, weights),
        "gauc": None if groups is None else metrics.gauc(labels, scores, groups),
        "logloss": metrics.logloss(labels, scores, weights),
        "calibration": metrics.calibration(labels, scores, weights),
    }
    return {name: None if value is None or math.isnan(value) else value for name, value in found.items()}
