"""A trained model as a published bundle, its checkpoint beside it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from feature_dsl import Plan
from mlp_core.artifacts import resume
from mlp_core.bundle import Column, Contents, DataWindow, Keys, ModelInfo, Table, write
from mlp_core.bundle.format import CHECK_ROWS, TOLERANCE
from mlp_core.specs import TrainingSpec
from mlp_train.data import TrainingData, sample, to_batch
from mlp_train.data.raw_rows import raw_rows
from mlp_train.errors import TrainError
from mlp_train.learner import STEPS
from mlp_train.training.fitting import NETWORK, Fit
from mlp_train.training.measuring import NAMES
from mlp_train.training.tensors import write_tensors
from mlp_train.training.warm_start import FILE, STATISTIC, TABLE, Parent

# What a bundle's scores may depend on, where it is installed.
LIBRARIES = ("airflow-mlp", "keras", "numpy", "onnx", "onnxruntime", "pyarrow", "tensorflow", "tf2onnx", "torch")


def publish(spec: TrainingSpec, data: TrainingData, fit: Fit, parent: Parent | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Export, compare, publish checkpoint and bundle; returns what the last line on standard output says, `extra` included.

    Raises TrainError when the bundle does not score like the model, ArtifactError when the output is published already.
    """
    text = data.any_rows.plan
    plan = Plan.from_json(text) if text else None
    made = contents(fit, describe(spec, data, fit, parent, plan), text)
    rows = sample(data.any_rows, CHECK_ROWS)
    compare(made, rows, data, fit)
    raw = raw_rows(spec.train, [item.name for item in plan.inputs], CHECK_ROWS) if plan is not None else None
    done: dict[str, Any] = (
        {name: fit.progress.measures.get(name) for name in NAMES}
        | dict(extra)
        | {
            "rows": data.train.rows,
            "validation_rows": data.validation.rows if data.validation is not None else 0,
            "epoch": fit.progress.best_epoch,
            "samples_per_second": fit.pace.total.samples_per_second,
            "waiting_for_input": fit.pace.total.waiting_share,
            "outside": dict(fit.tables.outside),
        }
    )
    with resume(spec.output, kind="model", step="train") as attempt:
        write(made, attempt.open, features=rows if plan is None or raw is None else plan.run(raw), raw=raw)
        attempt.statistics.update(done)
        if spec.checkpoints:
            attempt.statistics[STATISTIC] = save_checkpoint(spec.checkpoints, fit)
    fit.learner.hooks.on_save(attempt.uri)
    return {**done, "bundle": attempt.uri}


def save_checkpoint(uri: str, fit: Fit) -> str:
    """Publish what a later training goes on from: the network with its optimizer's state, and the tables' optimizer's; returns its URI.

    The tables' rows are in the bundle.
    """
    values = {TABLE + name for name in fit.tables.names}
    keys = {f"{TABLE}{name}/keys" for name in fit.tables.names}
    state = {name: value for name, value in fit.state().items() if name not in values | keys | {NETWORK + STEPS}}
    with resume(uri, kind="model", step="checkpoint") as attempt, attempt.open(FILE) as sink:
        write_tensors(sink, state)
    return attempt.uri


def contents(fit: Fit, info: ModelInfo, plan: str | None) -> Contents:
    """Everything that a bundle holds; tables are views of those in training."""
    tables = {name: fit.tables.values(name) for name in fit.tables.names}
    keys = {name: Keys.of(ids[1:], np.arange(1, ids.size)) for name in tables if (ids := fit.tables.keys(name)) is not None}
    return Contents(info, tables, fit.learner.export(), plan, keys)


def compare(made: Contents, features: pa.Table, data: TrainingData, fit: Fit) -> float:
    """The largest difference between the bundle's and the framework's scores of the same rows; TrainError above 1e-5."""
    framework = fit.score(to_batch(features, data.train_rows.columns, "the check rows"))
    difference = float(np.max(np.abs(made.bundle().score_features(features) - framework), initial=0.0))
    if not difference <= TOLERANCE:
        raise TrainError(f"the exported bundle scores {difference:.3g} away from the trained model (allowed {TOLERANCE}); not published")
    return difference


def describe(spec: TrainingSpec, data: TrainingData, fit: Fit, parent: Parent | None, plan: Plan | None) -> ModelInfo:
    """model.json, but for the files' checksums."""
    if plan is not None:
        raw = tuple(Column(item.name, str(item.type)) for item in plan.inputs)
    else:
        raw = tuple(Column(feature.name, feature.type) for feature in data.layout.features)
    learned = data.window(with_validation=fit.progress.phase == "refit")
    measures = fit.progress.measures
    return ModelInfo(
        name=spec.name,
        framework=spec.framework,
        algorithm=spec.algorithm or "",
        labels=spec.labels,
        group=spec.group,
        params=msgspec.to_builtins(fit.params),
        features=data.layout.features,
        tables=bundle_tables(fit),
        inputs=fit.learner.inputs,
        raw=raw,
        metrics={**measures, "epoch": fit.progress.best_epoch} if measures else {},
        data=learned if parent is None else DataWindow(start=parent.info.data.start or learned.start, end=learned.end),
        parent=parent.digest if parent is not None else None,
        versions={name: found for name in LIBRARIES if (found := _version(name)) is not None},
    )


def bundle_tables(fit: Fit) -> tuple[Table, ...]:
    """The tables as model.json lists them."""
    found = []
    for index, name in enumerate(fit.tables.names):
        file = f"tables/{_file_name(name, index)}.bin"
        rows, width = fit.tables.values(name).shape
        found.append(Table(name=name, file=file, rows=rows, width=width, kind="fixed" if fit.tables.keys(name) is None else "dynamic"))
    return tuple(found)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _file_name(name: str, index: int) -> str:
    """A table's name where it is a safe file name, its number otherwise."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else f"table-{index}"
