"""A trained model as a published bundle, its checkpoint beside it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import msgspec

from feature_dsl import Plan
from mlp_core.artifacts import resume
from mlp_core.bundle import Column, DataWindow, ModelInfo, write
from mlp_core.bundle.format import CHECK_ROWS
from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.data import TrainingData, dataset, sample
from mlp_train.data.raw_rows import raw_rows
from mlp_train.torch import checkpoint
from mlp_train.torch.batches import to_tensors
from mlp_train.torch.export import bundle_tables, compare, contents
from mlp_train.torch.fitting import Fit, Selection
from mlp_train.torch.measuring import NAMES
from mlp_train.torch.module import network_inputs
from mlp_train.torch.warm_start import Parent

LIBRARIES = ("numpy", "onnx", "onnxruntime", "pyarrow", "torch")


def publish(
    spec: TrainingSpec, params: CommonParams, data: TrainingData, fit: Fit, selection: Selection, parent: Parent | None
) -> dict[str, Any]:
    """Export, compare, publish checkpoint and bundle; returns what the last line on standard output says.

    Raises TrainError when the bundle does not score like the model, ArtifactError when the output is published already.
    """
    text = data.any_rows.plan
    plan = Plan.from_json(text) if text else None
    made = contents(fit.module, describe(spec, params, data, fit, selection, parent, plan), text)
    rows = sample(data.any_rows, CHECK_ROWS)
    tables = fit.module.tables
    compare(
        made,
        rows,
        fit.module,
        to_tensors(dataset(rows, data.layout, spec, "train"), data.layout, tables.bases, tables.sizes),
    )
    raw = raw_rows(spec.train, [item.name for item in plan.inputs], CHECK_ROWS) if plan is not None else None
    done: dict[str, Any] = {name: selection.measures.get(name) for name in NAMES} | {
        "rows": data.train.rows,
        "validation_rows": data.validation.rows if data.validation is not None else 0,
        "epoch": selection.epoch,
        "samples_per_second": round(fit.samples / fit.seconds) if fit.seconds else 0,
    }
    with resume(spec.output, kind="model", step="train") as attempt:
        write(
            made,
            attempt.open,
            features=rows if plan is None or raw is None else plan.run(raw),
            raw=raw,
        )
        attempt.statistics.update(done)
        if spec.checkpoints:
            tensors = checkpoint.collect(fit.module, fit.optimizers)
            attempt.statistics[checkpoint.STATISTIC] = checkpoint.save(spec.checkpoints, tensors)
    return {**done, "bundle": attempt.uri}


def describe(
    spec: TrainingSpec,
    params: CommonParams,
    data: TrainingData,
    fit: Fit,
    selection: Selection,
    parent: Parent | None,
    plan: Plan | None,
) -> ModelInfo:
    """model.json, but for the files' checksums."""
    if plan is not None:
        raw = tuple(Column(item.name, str(item.type)) for item in plan.inputs)
    else:
        raw = tuple(Column(feature.name, feature.type) for feature in data.layout.features)
    learned = data.window(with_validation=fit.refitted)
    return ModelInfo(
        name=spec.name,
        framework=spec.framework,
        algorithm=spec.algorithm or "",
        labels=spec.labels,
        group=spec.group,
        params=msgspec.to_builtins(params),
        features=data.layout.features,
        tables=bundle_tables(fit.module),
        inputs=network_inputs(data.layout),
        raw=raw,
        metrics={**selection.measures, "epoch": selection.epoch} if selection.measures else {},
        data=learned if parent is None else DataWindow(start=parent.info.data.start or learned.start, end=learned.end),
        parent=parent.digest if parent is not None else None,
        versions={name: version(name) for name in ("airflow-mlp", *LIBRARIES)},
    )
