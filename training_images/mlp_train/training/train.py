"""Training a specification, from data to a published bundle, on any framework."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mlp_core.artifacts import storage
from mlp_core.artifacts.manifest import digest_of
from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.context import TrainContext
from mlp_train.data import Inventory, Reader, TrainingData, files_of, load_data
from mlp_train.data.batches import Batch, Floats
from mlp_train.events import emit
from mlp_train.learner import Learner
from mlp_train.loop import TrainingLoop
from mlp_train.shape import Shape
from mlp_train.signals import save_on_sigterm
from mlp_train.tables import Exchange, ShardedTables
from mlp_train.training.checkpoints import Checkpoint, Checkpoints, Report
from mlp_train.training.fitting import AfterStep, Fit, Pace
from mlp_train.training.measuring import measure
from mlp_train.training.placement import place_tables
from mlp_train.training.progress import Measures, Progress
from mlp_train.training.publishing import gather_trained, publish
from mlp_train.training.replicas import Gather
from mlp_train.training.session import FitSession
from mlp_train.training.stopping import Keeper
from mlp_train.training.warm_start import Parent, open_parent, take_over

# Rows that are scored at once.
SCORED_ROWS = 16384


@dataclass(frozen=True)
class Framework:
    """What the loop asks of PyTorch or TensorFlow.

    params: the hyper-parameters of a specification's algorithm, checked; learner: the network for a shape; processes: joins those that
    train together while the block runs; share: gives every process what the chief passes; gather: all processes' arrays; exchange: rows
    between all processes, None where tables cannot be sharded; report: all processes' objects at the chief.
    """

    params: Callable[[TrainingSpec], CommonParams]
    learner: Callable[[TrainingSpec, Shape, TrainContext], Learner]
    processes: Callable[[TrainContext], AbstractContextManager[None]]
    share: Callable[[Any, TrainContext], Any]
    gather: Gather
    exchange: Exchange | None = None
    report: Report = lambda value: [value]


@dataclass(frozen=True)
class Job:
    """A training that is described and checked, before its first step."""

    spec: TrainingSpec
    context: TrainContext
    framework: Framework
    params: CommonParams
    data: TrainingData
    parent: Parent | None


def train(spec: TrainingSpec, context: TrainContext, framework: Framework) -> dict[str, Any]:
    """Train, select, export and publish; returns the fields of the last line on standard output (empty but on rank 0).

    Raises TrainError before the first step for data that cannot be learned from, and when the loss is not a number.
    """
    job = prepare(spec, context, framework)
    with framework.processes(context), _checkpoints(job) as checkpoints:
        fit, extra = learn(job, checkpoints)
        fit.learner.hooks.on_training_end(fit.progress.measures)
        with tempfile.TemporaryDirectory(prefix="mlp-train-") as folder:
            trained = gather_trained(fit, job.data, framework.report, Path(folder))
            if trained is None:
                checkpoints.wait()
                return {}
            done = publish(spec, job.data, trained, job.parent, extra)
        checkpoints.clear()
    emit("done", **done)
    return done


def prepare(spec: TrainingSpec, context: TrainContext, framework: Framework) -> Job:
    """Read hyper-parameters, the parent and the data's layout. Raises SpecError and TrainError for what cannot be learned from."""
    params = framework.params(spec)
    parent = open_parent(spec.warm_start) if spec.warm_start else None
    return Job(spec, context, framework, params, load_data(spec, params, parent.info if parent else None, context.threads), parent)


def learn(job: Job, checkpoints: Checkpoints) -> tuple[Fit, Mapping[str, Any]]:
    """Train and select the best epoch; with `refit`, begin again and learn train and validation rows for as many epochs.

    Goes on from the latest checkpoint where there is one. A model that is a TrainingLoop does instead what its `run` says; what its
    `last` says is given back too.
    """
    context = job.context
    keeper = Keeper(job.spec, context, checkpoints if job.spec.checkpoints else None)
    first = Progress(shards=job.params.shards or context.world_size).on_workers(context.world_size)
    saved = job.framework.share(checkpoints.latest() if context.is_chief else None, context)
    fit = begin(job, first, saved, keeper)
    if context.is_chief:
        emit("data", **_describe(job.data))
    if isinstance(fit.learner.hooks, TrainingLoop):
        return fit, run_loop(job, fit, fit.learner.hooks)
    if fit.progress.phase == "select":
        fit = select(job, fit, checkpoints)
        if not job.params.refit or job.data.validation is None or job.data.validation.rows == 0:
            return fit, {}
        fit = begin(job, fit.progress.refitting(), None, keeper, fit.pace)
    epochs = fit.progress.best_epoch or job.spec.epochs
    rows = reader(job, fit.progress, *job.data.all_rows)
    fit.learner.hooks.on_training_begin()
    while fit.goes_on(epochs):
        fit.epoch(rows, epochs)
        fit.learner.hooks.on_epoch_end(fit.progress.epoch, {})
        fit.progress = fit.progress.after_epoch()
    return fit, {}


def run_loop(job: Job, fit: Fit, loop: TrainingLoop) -> Mapping[str, Any]:
    """Let a loop of the engineer's own do everything between the first weights and the last."""
    session = FitSession(
        fit, reader(job, fit.progress, job.data.train_rows), lambda: _measure(job, fit, lambda batch: loop.predict(session, batch))
    )
    fit.learner.hooks.on_training_begin()
    loop.run(session)
    fit.progress = msgspec.structs.replace(fit.progress, measures=session.measure())
    return loop.last(session)


def begin(job: Job, progress: Progress, saved: Checkpoint | None, after_step: AfterStep, pace: Pace | None = None) -> Fit:
    """The model with its first weights, the parent's where there is one, or as a checkpoint has it; and how far it is."""
    spec, params, data = job.spec, job.params, job.data
    learner = job.framework.learner(spec, data.layout.shape(spec.labels), job.context)
    framework = job.framework
    tables, look_up = place_tables(spec, params, learner, data.layout.rows, job.context, framework.gather, framework.exchange, pace is None)
    fit = Fit(spec, params, job.context, learner, tables, look_up, progress, pace or Pace(), after_step)
    if saved is not None:
        fit.load(*saved.tensors())
        fit.progress = saved.progress.on_workers(job.context.world_size)
        if job.context.is_chief:
            emit("resumed", checkpoint=saved.uri, **fit.progress.place())
        return fit
    learner.standardise(data.train.dense.mean.astype(np.float32), data.train.dense.deviation.astype(np.float32))
    if job.parent is not None:
        report = take_over(job.parent, fit)
        if job.context.is_chief and progress.phase == "select":
            emit("warm_start", parent=job.parent.uri, newer_than=data.newer_than, **asdict(report))
    return fit


def select(job: Job, fit: Fit, checkpoints: Checkpoints) -> Fit:
    """Train for `epochs`, measuring after each; gives back the model as it was after the best epoch, unless it is to be refitted.

    Stops early after `patience` epochs without a better AUC (0: never). Without a validation set the last epoch is taken; without rows
    the model is only measured, as epoch 0.
    """
    spec, params, context = job.spec, job.params, job.context
    if job.data.train.rows == 0:
        fit.progress = msgspec.structs.replace(fit.progress, measures=_measure(job, fit))
        return fit
    validated = job.data.validation_source is not None
    keeps_best = validated and not params.refit
    rows = reader(job, fit.progress, job.data.train_rows)
    fit.learner.hooks.on_training_begin()
    while fit.goes_on(spec.epochs) and not (validated and params.patience and fit.progress.waited >= params.patience):
        fit.epoch(rows, spec.epochs)
        measures = _measure(job, fit)
        fit.learner.hooks.on_epoch_end(fit.progress.epoch, measures)
        if context.is_chief:
            emit("epoch", **fit.progress.place(), **measures)
        fit.progress = (fit.progress.measured(measures) if validated else fit.progress.unmeasured()).after_epoch()
        if keeps_best and fit.progress.waited == 0:
            checkpoints.save(fit.progress, fit.state(), fit.tables.part.count, best=True)
    if not keeps_best or fit.progress.waited == 0:
        return fit
    checkpoints.wait()
    best = checkpoints.best() if context.is_chief else None
    if fit.tables.part.count > 1:
        best = job.framework.share(best, context)
    # Where the chief has the tables whole, the others need no weights; they take part because beginning may be collective.
    return begin(job, fit.progress, best, fit.after_step, fit.pace)


def reader(job: Job, progress: Progress, *rows: Inventory) -> Reader:
    """The rows to learn, this process's part of them."""
    context, shards = job.context, progress.shards
    mine = tuple(range(context.rank, shards, context.world_size))
    buffer = job.params.buffer_rows
    return Reader(rows, job.spec.batch_size, job.spec.seed, shards=shards, mine=mine, buffer_rows=buffer, threads=context.threads)


def _measure(job: Job, fit: Fit, score: Callable[[Batch], Floats] | None = None) -> Measures:
    """The chief's measures of the validation set, on every process; empty where there is none."""
    rows, found = job.data.validation_rows, {}
    if rows is not None and job.context.is_chief:
        found = measure(
            score or fit.score, fit.learner.shape.labels, Reader((rows,), SCORED_ROWS, job.spec.seed, threads=job.context.threads)
        )
    elif rows is not None and isinstance(fit.tables, ShardedTables):
        fit.tables.serve(math.ceil(rows.rows / SCORED_ROWS))
    shared: Measures = job.framework.share(found, job.context)
    return shared


@contextmanager
def _checkpoints(job: Job) -> Iterator[Checkpoints]:
    """Where this training's moments are kept: below `checkpoints`, else in a folder that ends with the process."""
    spec = msgspec.structs.replace(job.spec, output="-", checkpoints=None)
    digest = digest_of([spec.to_json().decode(), *(files_of(source.parts) for source in job.data.all_sources), job.data.train.rows])
    with tempfile.TemporaryDirectory(prefix="mlp-train-") as folder:
        if job.spec.checkpoints:
            save_on_sigterm()
        root = storage.join(job.spec.checkpoints, "progress") if job.spec.checkpoints else Path(folder).as_uri()
        checkpoints = Checkpoints(root, digest, job.context.rank, job.framework.report)
        try:
            yield checkpoints
        finally:
            checkpoints.settle()


def _describe(data: TrainingData) -> dict[str, Any]:
    return {
        "rows": data.train.rows,
        "validation_rows": data.validation.rows if data.validation else 0,
        "features": [feature.name for feature in data.layout.features],
        "tables": dict(data.layout.rows),
        "ignored": data.layout.ignored,
        "window": {"start": data.source.window.start, "end": data.source.window.end},
    }
