"""A trained model as a published bundle, its checkpoint beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
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
from mlp_train.data.batches import Floats, Ids
from mlp_train.data.raw_rows import raw_rows
from mlp_train.errors import TrainError
from mlp_train.learner import STEPS
from mlp_train.tables import ShardedTables
from mlp_train.tables.collecting import collect
from mlp_train.training.checkpoints import Report
from mlp_train.training.fitting import NETWORK, Fit
from mlp_train.training.measuring import NAMES
from mlp_train.training.tensors import Array, write_tensors
from mlp_train.training.warm_start import FILE, STATISTIC, TABLE, Parent

# What a bundle's scores may depend on, where it is installed.
LIBRARIES = ("airflow-mlp", "keras", "numpy", "onnx", "onnxruntime", "pyarrow", "tensorflow", "tf2onnx", "torch")


@dataclass(frozen=True)
class Trained:
    """A trained model in one place. state: everything, by name, of tables all rows; outside: ids outside their tables, by column;
    rows: some to check the bundle with; scores: the framework's for these.
    """

    fit: Fit
    state: Mapping[str, Array]
    outside: Mapping[str, int]
    rows: pa.Table
    scores: Floats

    @property
    def tables(self) -> dict[str, Floats]:
        """The rows of all tables, (rows, width) each."""
        return {name: np.asarray(self.state[TABLE + name], np.float32) for name in self.fit.tables.names}

    def keys(self, name: str) -> Ids | None:
        """The ids of a table's rows, the first 0; None for a fixed one."""
        found = self.state.get(f"{TABLE}{name}/keys")
        return None if found is None else np.asarray(found, np.int64)


def gather_trained(fit: Fit, data: TrainingData, report: Report, folder: Path) -> Trained | None:
    """The model on the chief, None elsewhere. Where tables are sharded all processes call it, and rows come into files in `folder`."""
    tables = fit.tables
    if not isinstance(tables, ShardedTables):
        return _trained(fit, data, fit.state(), tables.outside) if fit.context.is_chief else None
    state = fit.state() | collect(tables, folder)
    outside: Counter[str] = sum(map(Counter, report(tables.outside)), Counter())
    if fit.context.is_chief:
        return _trained(fit, data, state, outside)
    tables.serve(1)
    return None


def _trained(fit: Fit, data: TrainingData, state: Mapping[str, Array], outside: Mapping[str, int]) -> Trained:
    rows = sample(data.any_rows, CHECK_ROWS)
    return Trained(fit, state, outside, rows, fit.score(to_batch(rows, data.train_rows.columns, "the check rows")))


def publish(spec: TrainingSpec, data: TrainingData, trained: Trained, parent: Parent | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Export, compare, publish checkpoint and bundle; returns what the last line on standard output says, `extra` included.

    Raises TrainError when the bundle does not score like the model, ArtifactError when the output is published already.
    """
    fit, rows, text = trained.fit, trained.rows, data.any_rows.plan
    plan = Plan.from_json(text) if text else None
    made = contents(trained, describe(spec, data, trained, parent, plan), text)
    compare(made, trained)
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
            "outside": dict(trained.outside),
        }
    )
    with resume(spec.output, kind="model", step="train") as attempt:
        write(made, attempt.open, features=rows if plan is None or raw is None else plan.run(raw), raw=raw)
        attempt.statistics.update(done)
        if spec.checkpoints:
            attempt.statistics[STATISTIC] = save_checkpoint(spec.checkpoints, trained)
    fit.learner.hooks.on_save(attempt.uri)
    return {**done, "bundle": attempt.uri}


def save_checkpoint(uri: str, trained: Trained) -> str:
    """Publish what a later training goes on from: the network with its optimizer's state, and the tables' optimizer's; returns its URI.

    The tables' rows are in the bundle.
    """
    names = trained.fit.tables.names
    values, keys = {TABLE + name for name in names}, {f"{TABLE}{name}/keys" for name in names}
    state = {name: value for name, value in trained.state.items() if name not in values | keys | {NETWORK + STEPS}}
    with resume(uri, kind="model", step="checkpoint") as attempt, attempt.open(FILE) as sink:
        write_tensors(sink, state)
    return attempt.uri


def contents(trained: Trained, info: ModelInfo, plan: str | None) -> Contents:
    """Everything that a bundle holds; tables are views of those in training."""
    tables = trained.tables
    keys = {name: Keys.of(ids[1:], np.arange(1, ids.size)) for name in tables if (ids := trained.keys(name)) is not None}
    return Contents(info, tables, trained.fit.learner.export(), plan, keys)


def compare(made: Contents, trained: Trained) -> float:
    """The largest difference between the bundle's and the framework's scores of the same rows; TrainError above 1e-5."""
    difference = float(np.max(np.abs(made.bundle().score_features(trained.rows) - trained.scores), initial=0.0))
    if not difference <= TOLERANCE:
        raise TrainError(f"the exported bundle scores {difference:.3g} away from the trained model (allowed {TOLERANCE}); not published")
    return difference


def describe(spec: TrainingSpec, data: TrainingData, trained: Trained, parent: Parent | None, plan: Plan | None) -> ModelInfo:
    """model.json, but for the files' checksums."""
    fit = trained.fit
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
        tables=bundle_tables(trained),
        inputs=fit.learner.inputs,
        raw=raw,
        metrics={**measures, "epoch": fit.progress.best_epoch} if measures else {},
        data=learned if parent is None else DataWindow(start=parent.info.data.start or learned.start, end=learned.end),
        parent=parent.digest if parent is not None else None,
        versions={name: found for name in LIBRARIES if (found := _version(name)) is not None},
    )


def bundle_tables(trained: Trained) -> tuple[Table, ...]:
    """The tables as model.json lists them."""
    found = []
    for index, (name, values) in enumerate(trained.tables.items()):
        file = f"tables/{_file_name(name, index)}.bin"
        rows, width = values.shape
        found.append(Table(name=name, file=file, rows=rows, width=width, kind="fixed" if trained.keys(name) is None else "dynamic"))
    return tuple(found)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _file_name(name: str, index: int) -> str:
    """A table's name where it is a safe file name, its number otherwise."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else f"table-{index}"
