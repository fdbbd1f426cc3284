"""How large the gradients of one batch are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlp_train.training.fitting import Fit
    from mlp_train.training.train import Job


def gradients_of(job: Job, fit: Fit) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Euclidean norms of the first batch's gradients: by weight (none for a framework that cannot be looked into), and by table.

    Of a table, those of all vectors that the batch has looked up, before gradients of one row are added up.
    """
    from mlp_train.probing import probe_of
    from mlp_train.shape import POOLED, sequence_input
    from mlp_train.training.fitting import network_inputs
    from mlp_train.training.train import reader

    batch = fit.learner.hooks.on_data(next(reader(job, fit.progress, job.data.train_rows).epoch(1)))
    inputs = network_inputs(fit.look_up(batch).inputs, batch)
    gradients = fit.learner.step(inputs, batch, 0.0).gradients
    probe, squares = probe_of(job.spec.framework), dict.fromkeys(fit.tables.names, 0.0)
    shape = fit.learner.shape
    for column in shape.columns:
        if column.kind == "dense":
            continue
        if column.name in shape.sequences:
            part = gradients.get(sequence_input(column.name))
        else:
            part = gradients[POOLED][:, shape.pooled.index(column.name)] if POOLED in gradients else None
        if part is not None:
            squares[column.table or column.name] += float((part.astype("float64") ** 2).sum())
    weights = {} if probe is None else probe.gradient_norms(fit.learner)
    return weights, {name: math.sqrt(value) for name, value in squares.items()}
