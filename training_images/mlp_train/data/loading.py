"""The data of a training: what to learn from, what to select by, checked before the first step."""

from __future__ import annotations

from dataclasses import dataclass

from mlp_core.bundle import DataWindow, ModelInfo
from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.data.inventory import Inventory, take_inventory
from mlp_train.data.layout import Layout, resolve
from mlp_train.data.scanning import Scan, check_labels, scan
from mlp_train.data.sources import Source, open_sources
from mlp_train.errors import TrainError


@dataclass(frozen=True)
class TrainingData:
    """Where rows to learn from and rows to select by lie, and what a pass over them has told.

    train_rows, validation_rows: the row groups of `source` and of `validation_source`, to be read; newer_than: the last day of a warm
    start's parent, whose partitions were left out.
    """

    layout: Layout
    source: Source
    train: Scan
    train_rows: Inventory
    validation_source: Source | None
    validation: Scan | None
    validation_rows: Inventory | None
    newer_than: str | None

    @property
    def any_rows(self) -> Source:
        """Where rows for a look at the data come from: the training set, or the validation set where that is all there is."""
        return self.source if self.train.rows or self.validation_source is None else self.validation_source

    @property
    def all_sources(self) -> tuple[Source, ...]:
        """The training set's, and the validation set's where there is one."""
        return (self.source,) if self.validation_source is None else (self.source, self.validation_source)

    @property
    def all_rows(self) -> tuple[Inventory, ...]:
        """The row groups of both."""
        return (self.train_rows,) if self.validation_rows is None else (self.train_rows, self.validation_rows)

    def window(self, with_validation: bool) -> DataWindow:
        """First and last day that weights learn from here."""
        windows = [source.window for source in (self.all_sources if with_validation else (self.source,))]
        starts = sorted(window.start for window in windows if window.start)
        ends = sorted(window.end for window in windows if window.end)
        return DataWindow(start=starts[0] if starts else None, end=ends[-1] if ends else None)


def load_data(spec: TrainingSpec, params: CommonParams, parent: ModelInfo | None = None, threads: int = 1) -> TrainingData:
    """Look through what the specification names; of a warm start's days only those that its parent has not learned.

    Raises TrainError that names the column or field that nothing can be learned from.
    """
    newer_than = parent.data.end if parent is not None else None
    everything = open_sources(spec.train, "train")
    source = everything.after(newer_than)
    layout = resolve(spec, source.schema, params.cardinality, params.growing)
    train_rows = take_inventory(source, layout, spec, "train")
    train = scan(train_rows, layout.growing, threads)
    validation_source = open_sources(spec.validation, "validation").after(newer_than) if spec.validation else None
    validation_rows, validation = None, None
    if validation_source is not None:
        if everything.plan and validation_source.plan not in (None, everything.plan):
            raise TrainError("train and validation have different feature plans; compute both with one feature file")
        validation_rows = take_inventory(validation_source, layout, spec, "validation")
        validation = scan(validation_rows, layout.growing, threads)
    # With `refit` validation rows are learned in the end, so they need rows of their own in the tables.
    learned = train if validation is None or not params.refit else train + validation
    sizes = learned.sizes({} if parent is None else {table.name: table.rows for table in parent.tables})
    layout = layout.with_rows(sizes)
    data = TrainingData(layout, source, train, train_rows, validation_source, validation, validation_rows, newer_than)
    _check(data, may_refit=params.refit)
    return data


def _check(data: TrainingData, may_refit: bool) -> None:
    if data.train.rows == 0 and data.newer_than is not None:
        if data.validation is None or data.validation.rows == 0 or not may_refit:
            raise TrainError(
                f"warm_start: the parent has learned every day to {data.newer_than}, and train holds no later partition;"
                " there is nothing to learn"
            )
        return
    check_labels(data.train)
