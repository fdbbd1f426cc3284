"""From feature columns to the network's inputs: embedding look-up, pooling and padding in NumPy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mlp_core.bundle.columns import DenseColumn, FeatureColumn, ListColumn
from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import Feature, Input
from mlp_core.bundle.tables import Ids, Rows

Floats = npt.NDArray[np.float32]


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


def filled_places(offsets: Ids) -> npt.NDArray[np.bool_]:
    """Which places of padded lists are filled: (n + 1) offsets → (n, length), length being the longest list's, at least 1."""
    lengths = np.diff(offsets)
    filled: npt.NDArray[np.bool_] = np.arange(max(1, int(lengths.max(initial=0)))) < lengths[:, None]
    return filled


def pad(vectors: Floats, offsets: Ids) -> Floats:
    """Each list's vectors, then zeros: (values, width) and (n + 1) offsets → (n, length, width)."""
    filled = filled_places(offsets)
    padded = np.zeros((*filled.shape, vectors.shape[1]), dtype=np.float32)
    # Row by row and place by place is the order in which the values lie.
    padded[filled] = vectors
    return padded


class Lookup:
    """Makes one network input after another from a batch of feature columns; counts, by feature, ids that their table does not have."""

    def __init__(self, features: tuple[Feature, ...], tables: Mapping[str, Rows]) -> None:
        self._features = {feature.name: feature for feature in features}
        self._tables = dict(tables)
        self.outside: dict[str, int] = {feature.name: 0 for feature in features if not feature.is_dense}

    def build(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """The array for `target`."""
        return _BUILDERS[target.kind](self, target, columns)

    def pooled(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """(n, features, width)."""
        parts = [self._pooled(name, columns[name]) for name in target.features]
        return np.stack(parts, axis=1)

    def dense(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """(n, features)."""
        values = [_dense(name, columns[name]) for name in target.features]
        return np.stack(values, axis=1)

    def sequence(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """(n, length, width)."""
        name, column = _sequence(target, columns)
        return pad(self._vectors(name, column.ids), column.offsets)

    def mask(self, target: Input, columns: Mapping[str, FeatureColumn]) -> Floats:
        """(n, length)."""
        return filled_places(_sequence(target, columns)[1].offsets).astype(np.float32)

    def _pooled(self, name: str, column: FeatureColumn) -> Floats:
        if isinstance(column, DenseColumn):
            raise BundleError(f"feature {name!r} is categorical, but floats were given; give int64 ids")
        vectors = self._vectors(name, column.ids)
        return pool_mean(vectors, column.offsets) if isinstance(column, ListColumn) else vectors

    def _vectors(self, name: str, ids: Ids) -> Floats:
        table = self._tables[self._features[name].table or name]
        rows, outside = table.rows_of(ids)
        if outside:
            self.outside[name] += outside
        return table.gather(rows)


def _dense(name: str, column: FeatureColumn) -> Floats:
    if not isinstance(column, DenseColumn):
        raise BundleError(f"feature {name!r} is dense, but ids were given; give float64 values")
    return column.values


def _sequence(target: Input, columns: Mapping[str, FeatureColumn]) -> tuple[str, ListColumn]:
    """The one list feature that a sequence and its mask are made of."""
    name = target.features[0]
    column = columns[name]
    if len(target.features) != 1 or not isinstance(column, ListColumn):
        raise BundleError(f"input {target.name!r} is made of {', '.join(target.features)}, not of one list of ids; export the bundle again")
    return name, column


_BUILDERS = {"pooled": Lookup.pooled, "dense": Lookup.dense, "sequence": Lookup.sequence, "mask": Lookup.mask}
