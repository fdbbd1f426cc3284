"""Training a specification with PyTorch, from data to a published bundle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.context import TrainContext
from mlp_train.data import TrainingData, load_data
from mlp_train.events import emit
from mlp_train.torch.base import Shape, TorchRecModel
from mlp_train.torch.batches import Rows, concatenate, to_tensors
from mlp_train.torch.distributed import process_group
from mlp_train.torch.fitting import Fit, Selection, select, use_determinism
from mlp_train.torch.measuring import measure
from mlp_train.torch.module import RecModule
from mlp_train.torch.presets import find_model
from mlp_train.torch.publishing import publish
from mlp_train.torch.warm_start import Parent, open_parent, take_over


@dataclass(frozen=True)
class Tensors:
    """The rows as tensors; validation is None where there is none."""

    train: Rows
    validation: Rows | None


def train(spec: TrainingSpec, context: TrainContext) -> dict[str, Any]:
    """Train, select, export and publish; returns the fields of the last line on standard output (empty but on rank 0).

    Raises TrainError before the first step for data that cannot be learned from, and when the loss is not a number.
    """
    use_determinism(spec.seed, context.threads)
    model, params = find_model(spec)
    parent = open_parent(spec.warm_start) if spec.warm_start else None
    data = load_data(spec, params, parent.info if parent else None)
    with process_group(context):
        fit, selection = learn(spec, context, model, params, data, parent)
        done = publish(spec, params, data, fit, selection, parent) if context.is_chief else {}
    if context.is_chief:
        emit("done", **done)
    return done


def learn(
    spec: TrainingSpec,
    context: TrainContext,
    model: type[TorchRecModel],
    params: CommonParams,
    data: TrainingData,
    parent: Parent | None,
) -> tuple[Fit, Selection]:
    """Train and select the best epoch; with `refit`, begin again and learn train and validation rows for as many epochs."""
    fit = begin(spec, context, model, params, data, parent)
    tensors = as_tensors(data, fit.module)
    if context.is_chief:
        emit("data", **_describe(data, tensors))
    start = fit.state()
    validation = tensors.validation
    if validation is None or data.validation is None:
        return fit, select(fit, tensors.train, None, params.patience)
    rows = data.validation

    def measures() -> dict[str, Any]:
        return measure(fit.module, validation, rows, spec.labels)

    selection = select(fit, tensors.train, measures, params.patience)
    if params.refit and validation.count:
        fit.restore(start)
        fit.refit(concatenate(tensors.train, validation), selection.epoch or spec.epochs)
    return fit, selection


def begin(
    spec: TrainingSpec,
    context: TrainContext,
    model: type[TorchRecModel],
    params: CommonParams,
    data: TrainingData,
    parent: Parent | None,
) -> Fit:
    """The model with its first weights, the parent's where there is one, and its optimizers."""
    torch.manual_seed(spec.seed)
    layout = data.layout
    shape = Shape(len(layout.scalars) + len(layout.lists), len(layout.dense), len(spec.labels))
    sizes = {name: rows or 1 for name, rows in layout.rows.items()}
    module = RecModule(model(shape, params), sizes)
    optimizers = module.model.optimizers(module.tables.weight, module.dense_parameters())
    if parent is None:
        module.scale.fit(as_tensors(data, module).train.dense)
    else:
        report = take_over(parent, module, optimizers)
        if context.is_chief:
            emit("warm_start", parent=parent.uri, newer_than=data.newer_than, **asdict(report))
    return Fit(module, optimizers, context, spec)


def as_tensors(data: TrainingData, module: RecModule) -> Tensors:
    """Training and validation rows with ids as rows of the module's stacked table."""
    tables = module.tables
    train_rows = to_tensors(data.train, data.layout, tables.bases, tables.sizes)
    if data.validation is None:
        return Tensors(train_rows, None)
    return Tensors(train_rows, to_tensors(data.validation, data.layout, tables.bases, tables.sizes))


def _describe(data: TrainingData, tensors: Tensors) -> dict[str, Any]:
    return {
        "rows": data.train.rows,
        "validation_rows": data.validation.rows if data.validation else 0,
        "features": [feature.name for feature in data.layout.features],
        "tables": dict(data.layout.rows),
        "ignored": data.layout.ignored,
        "outside": dict(tensors.train.outside),
        "window": {"start": data.source.window.start, "end": data.source.window.end},
    }
