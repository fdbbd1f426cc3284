"""One pass over a data set before the first step: what is in it, and whether it can be learned from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from mlp_core.bundle import Feature
from mlp_train.data.batches import Batch, Floats
from mlp_train.data.decoding import Filling
from mlp_train.data.files import Files
from mlp_train.data.inventory import Inventory
from mlp_train.data.layout import MAX_ROWS
from mlp_train.errors import TrainError

Doubles = npt.NDArray[np.float64]
# Relative to the mean: what float32 cannot tell apart is a constant. Absolute: 1 / deviation has to be a float32 as well.
_CONSTANT, _TINY = 1e-6, 1e-30


@dataclass(frozen=True)
class Moments:
    """The mean and the sum of squared distances from it, float64, one number per column of `rows` rows."""

    rows: int
    mean: Doubles
    squares: Doubles

    @classmethod
    def of(cls, values: Floats) -> Moments:
        """Of (rows, columns), at least one row."""
        mean = values.mean(axis=0, dtype=np.float64)
        distance = values - mean
        return cls(len(values), mean, np.einsum("ij,ij->j", distance, distance))

    def __add__(self, other: Moments) -> Moments:
        """Of the rows of both, as Chan, Golub and LeVeque merge them ("Updating formulae … for computing sample variances", 1979)."""
        rows = self.rows + other.rows
        if not rows:
            return self
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.rows / rows)
        return Moments(rows, mean, self.squares + other.squares + apart**2 * (self.rows * other.rows / rows))

    @property
    def deviation(self) -> Doubles:
        """Standard deviation (of the population), and 1 for a column that is constant for float32, or without rows."""
        found = np.sqrt(self.squares / max(self.rows, 1))
        constant = found <= np.maximum(_CONSTANT * np.abs(self.mean), _TINY)
        return np.where(constant, 1.0, found)


@dataclass(frozen=True)
class Scan:
    """What a pass has found. positives: rows with label 1, by label; largest: the largest id (at least 0) of each table of unstated size
    that is no growing one; dense: mean and deviation of dense columns as the network sees them, a missing value being 0.
    """

    rows: int
    positives: Mapping[str, int]
    largest: Mapping[str, int]
    dense: Moments = field(compare=False)

    def __add__(self, other: Scan) -> Scan:
        """What a pass over both would have found."""
        largest = {table: max(self.largest.get(table, 0), other.largest.get(table, 0)) for table in {**self.largest, **other.largest}}
        positives = {label: count + other.positives[label] for label, count in self.positives.items()}
        return Scan(self.rows + other.rows, positives, largest, self.dense + other.dense)

    def sizes(self, at_least: Mapping[str, int]) -> dict[str, int]:
        """Rows of the tables of unstated size: one more than the largest id, and not fewer than `at_least` says."""
        return {table: max(largest + 1, at_least.get(table, 1)) for table, largest in self.largest.items()}


def scan(inventory: Inventory, growing: Collection[str] = (), threads: int = 1) -> Scan:
    """Read labels, weights and dense columns, and the ids of tables of unstated size where footers do not tell their maximum.

    growing: tables that take any id.

    Memory does not grow with the data. Raises TrainError for a label that is null or not 0 or 1, a weight that is null, not finite or
    negative, and an id that no table of its size could hold.
    """
    columns = inventory.columns
    sized = [feature for feature in columns.features if feature.table in inventory.unsized.difference(growing)]
    told = [feature for feature in sized if all(feature.name in group.largest for group in inventory.groups)]
    read = [feature for feature in columns.features if feature.is_dense or (feature in sized and feature not in told)]
    columns = replace(columns, features=tuple(read), group=None)
    largest = {feature.name: max((group.largest[feature.name] for group in inventory.groups), default=0) for feature in told}
    positives = np.zeros(len(columns.labels), np.int64)
    dense = Moments(0, np.zeros(len(columns.dense)), np.zeros(len(columns.dense)))
    files = Files(columns.names, columns.field, threads)
    try:
        for group in inventory.groups:
            for rows in files.read(group.file, group.number, 0, group.rows):
                filling = Filling(columns, rows.num_rows)
                filling.add(rows, group.file)
                batch = filling.done()
                positives += np.count_nonzero(batch.labels, axis=0)
                dense += Moments.of(batch.dense)
                for name, found in _largest(batch, columns.ids, columns.lists).items():
                    largest[name] = max(largest.get(name, 0), found)
    finally:
        files.close()
    tables = _by_table(sized, largest)
    return Scan(inventory.rows, dict(zip(columns.labels, positives.tolist(), strict=True)), tables, dense)


def check_labels(found: Scan) -> None:
    """Raise TrainError if there are no rows, or if a label is the same in all of them."""
    if not found.rows:
        raise TrainError("the training set has no rows; check the window and the filters of the steps before")
    for label, count in found.positives.items():
        if count in (0, found.rows):
            raise TrainError(
                f"label column {label!r} is {int(count > 0)} in all {found.rows} training rows; a model needs both 0 and 1:"
                " check how it is made"
            )


def _largest(batch: Batch, ids: Sequence[Feature], lists: Sequence[Feature]) -> dict[str, int]:
    found = {feature.name: int(batch.ids[:, place].max(initial=0)) for place, feature in enumerate(ids)}
    return found | {feature.name: int(values.ids.max(initial=0)) for feature, values in zip(lists, batch.lists, strict=True)}


def _by_table(features: Sequence[Feature], largest: Mapping[str, int]) -> dict[str, int]:
    tables: dict[str, int] = {}
    for feature in features:
        most = largest.get(feature.name, 0)
        if most >= MAX_ROWS:
            raise TrainError(
                f"column {feature.name!r} holds the id {most} and states no cardinality; hash it in the feature file, or set"
                f" params.cardinality (ids outside then share row 0)"
            )
        if feature.table is not None:
            tables[feature.table] = max(tables.get(feature.table, 0), most)
    return tables
