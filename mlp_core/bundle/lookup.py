"""From feature columns to the network's inputs: embedding look-up and pooling in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlp_core.bundle.columns import DenseColumn, FeatureColumn, ListColumn
from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import Feature, Input, Table

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


class FixedTable:
    """A table of a fixed number of rows, (rows, width) float32, in memory or mapped from a file."""

    def __init__(self, values: Floats) -> None:
        self.values = values

    @classmethod
    def map(cls, path: Path, table: Table) -> FixedTable:
        """Map the file read-only: instances and versions on a host share its pages. BundleError when its size is wrong."""
        size = path.stat().st_size
        if size != table.bytes:
            raise BundleError(f"{table.file} has {size} bytes, {table.rows} rows of {table.width} floats need {table.bytes}")
        return cls(np.memmap(path, dtype="<f4", mode="r", shape=(table.rows, table.width)))

    def rows_of(self, ids: Ids) -> tuple[Ids, int]:
        """Positions of the ids' rows, and how many ids were outside the table; those are given row 0."""
        # Seen as unsigned, a negative id is beyond any table: one comparison finds both kinds.
        outside = ids.view(np.uint64) >= np.uint64(self.values.shape[0])
        count = int(np.count_nonzero(outside))
        return (np.where(outside, 0, ids), count) if count else (ids, 0)

    def gather(self, rows: Ids) -> Floats:
        """The rows, (n, width)."""
        return np.take(self.values, rows, axis=0)


def pool_mean(vectors: Floats, offsets: Ids) -> Floats:
    """The mean of each list's vectors: (values, width) and (n + 1) offsets → (n, width); zeros for an empty list."""
    lengths = np.diff(offsets)
    filled = lengths > 0
    pooled = np.zeros((lengths.size, vectors.shape[1]), dtype=np.float32)
    if filled.any():
        # reduceat would give an empty list the next list's first vector, so only filled ones take part.
        sums = np.add.reduceat(vectors, offsets[:-1][filled], axis=0)
        pooled[filled] = sums / lengths[filled, None].astype(np.float32)
    return pooled


class Lookup:
    """Makes one network input after another from a batch of feature columns; counts ids outside their table by feature."""

    def __init__(self, features: tuple[Feature, ...], tables: Mapping[str, FixedTable]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._tables = dict(tables)
        self.outside: dict[str, int] = {feature.name: 0 for feature in features if not feature.is_dense}

    def build(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """The array for `target`."""
        return _BUILDERS[target.kind](self, target, columns)

    def pooled(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """(n, features, width)."""
        parts = [self._embed(name, columns[name]) for name in target.features]
        return np.stack(parts, axis=1)

    def dense(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """(n, features)."""
        values = [_dense(name, columns[name]) for name in target.features]
        return np.stack(values, axis=1)

    def _embed(self, name: str, column: FeatureColumn) -> Floats:
        table = self._tables[self._features[name].table or name]
        if isinstance(column, DenseColumn):
            raise BundleError(f"feature {name!r} is categorical, but floats were given; give int64 ids")
        rows, outside = table.rows_of(column.ids)
        if outside:
            self.outside[name] += outside
        vectors = table.gather(rows)
        return pool_mean(vectors, column.offsets) if isinstance(column, ListColumn) else vectors


def _dense(name: str, column: FeatureColumn) -> Floats:
    if not isinstance(column, DenseColumn):
        raise BundleError(f"feature {name!r} is dense, but ids were given; give float64 values")
    return column.values


_BUILDERS = {"pooled": Lookup.pooled, "dense": Lookup.dense}
