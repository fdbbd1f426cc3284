"""The data of a training: what to learn from, what to select by, checked before the first step."""

from __future__ import annotations

from dataclasses import dataclass

from mlp_core.bundle import DataWindow, ModelInfo
from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.data.layout import Layout, resolve
from mlp_train.data.reading import Dataset, read, table_sizes
from mlp_train.data.sources import Source, open_sources
from mlp_train.errors import TrainError


@dataclass(frozen=True)
class TrainingData:
    """Rows to learn from and rows to select by. `source` and `validation_source` are what they were read from.

    newer_than: the last day of a warm start's parent, whose partitions were left out.
    """

    source: Source
    train: Dataset
    layout: Layout
    validation_source: Source | None
    validation: Dataset | None
    newer_than: str | None

    @property
    def any_rows(self) -> Source:
        """Where rows for a look at the data come from: the training set, or the validation set where that is all there is."""
        return self.source if self.train.rows or self.validation_source is None else self.validation_source

    def window(self, with_validation: bool) -> DataWindow:
        """First and last day that weights learn from here."""
        windows = [self.source.window]
        if with_validation and self.validation_source is not None:
            windows.append(self.validation_source.window)
        starts = sorted(window.start for window in windows if window.start)
        ends = sorted(window.end for window in windows if window.end)
        return DataWindow(start=starts[0] if starts else None, end=ends[-1] if ends else None)


def load_data(spec: TrainingSpec, params: CommonParams, parent: ModelInfo | None = None) -> TrainingData:
    """Read what the specification names; of a warm start's days only those that its parent has not learned.

    Raises TrainError that names the column or field that nothing can be learned from.
    """
    newer_than = parent.data.end if parent is not None else None
    everything = open_sources(spec.train, "train")
    source = everything.after(newer_than)
    layout = resolve(spec, source.schema, params.cardinality)
    train = read(source, layout, spec, "train")
    validation_source = open_sources(spec.validation, "validation").after(newer_than) if spec.validation else None
    if validation_source is not None and everything.plan and validation_source.plan not in (None, everything.plan):
        raise TrainError("train and validation have different feature plans; compute both with one feature file")
    validation = read(validation_source, layout, spec, "validation") if validation_source is not None else None
    sizes = table_sizes(train, layout, {table.name: table.rows for table in parent.tables} if parent is not None else {})
    if validation is not None and params.refit:
        # Its rows are learned in the end, so they need rows of their own in the tables.
        sizes = table_sizes(validation, layout, sizes)
    layout = layout.with_rows(sizes)
    data = TrainingData(source, train, layout, validation_source, validation, newer_than)
    _check(spec, data, may_refit=params.refit)
    return data


def _check(spec: TrainingSpec, data: TrainingData, may_refit: bool) -> None:
    rows = data.train.rows
    if rows == 0:
        later = data.validation is not None and data.validation.rows > 0 and may_refit and data.newer_than is not None
        if later:
            return
        if data.newer_than is not None:
            raise TrainError(
                f"warm_start: the parent has learned every day to {data.newer_than}, and train holds no later partition;"
                " there is nothing to learn"
            )
        raise TrainError("the training set has no rows; check the window and the filters of the steps before")
    for task, name in enumerate(spec.labels):
        values = data.train.labels[:, task]
        if values.min() == values.max():
            raise TrainError(
                f"label column {name!r} is {values[0]:g} in all {rows} training rows; a model needs both 0 and 1: check how it is made"
            )
