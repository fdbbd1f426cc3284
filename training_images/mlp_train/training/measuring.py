"""Measures of a model on a validation set."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np

from mlp_core.streaming_metrics import Measured, Rows, StreamingMeasures
from mlp_train.data.batches import Batch, Floats
from mlp_train.data.reader import Reader
from mlp_train.training.progress import Measures

NAMES = ("auc", "gauc", "logloss", "calibration")


def measure(score: Callable[[Batch], Floats], tasks: Sequence[str], reader: Reader) -> Measures:
    """AUC, GAUC, logloss and calibration, by name; for several labels each is an object by label. GAUC is null without groups.

    score: gives a batch's probabilities; tasks: the labels' names. AUC is exact to a hundred million rows; beyond them `auc_error` says how
    far it may be off.
    """
    with ExitStack() as stack:
        collected = [stack.enter_context(StreamingMeasures()) for _ in tasks]
        for batch in reader.in_order():
            scores = score(batch).reshape(batch.rows, -1)
            for task, measures in enumerate(collected):
                measures.add(Rows(batch.labels[:, task], np.ascontiguousarray(scores[:, task]), batch.weights, batch.groups))
        each = [_named(measures.result()) for measures in collected]
    if len(tasks) == 1:
        return each[0]
    return {name: {label: found[name] for label, found in zip(tasks, each, strict=True)} for name in each[0]}


def _named(found: Measured) -> Measures:
    measures = {name: getattr(found, name) for name in NAMES} | ({"auc_error": found.auc_error} if found.auc_error else {})
    return {name: None if value is None or math.isnan(value) else value for name, value in measures.items()}
