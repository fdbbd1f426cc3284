"""Parquet files to columns in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mlp_core.artifacts import storage
from mlp_core.bundle.columns import DenseColumn, FeatureColumn, read_column
from mlp_core.specs import TrainingSpec
from mlp_train.data.layout import MAX_ROWS, Layout
from mlp_train.data.sources import Source, files_of
from mlp_train.errors import TrainError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Dataset:
    """Rows in memory. labels: (rows, tasks) of 0 and 1; weights: (rows,); groups: (rows,) integers, equal within a group."""

    rows: int
    columns: dict[str, FeatureColumn]
    labels: Floats
    weights: Floats | None
    groups: npt.NDArray[np.int64] | None


def read(source: Source, layout: Layout, spec: TrainingSpec, field: str) -> Dataset:
    """All rows of a source. Raises TrainError naming a column that lacks, has another type, or holds labels other than 0 and 1."""
    extra = [*spec.labels, *(name for name in (spec.weight, spec.group) if name)]
    names = list(dict.fromkeys([*(feature.name for feature in layout.features), *extra]))
    return dataset(_table(source, names, field), layout, spec, field)


def dataset(table: pa.Table, layout: Layout, spec: TrainingSpec, field: str) -> Dataset:
    """The rows of an Arrow table as `read` gives them."""
    columns = {feature.name: read_column(table.column(feature.name), feature) for feature in layout.features}
    labels = np.stack([_label(table, name, field) for name in spec.labels], axis=1)
    weights = _weight(table, spec.weight, field) if spec.weight else None
    groups = _group(table, spec.group) if spec.group else None
    return Dataset(table.num_rows, columns, labels, weights, groups)


def table_sizes(data: Dataset, layout: Layout, at_least: Mapping[str, int]) -> dict[str, int]:
    """For tables of unstated size: one more than the largest id in the data, and not fewer than `at_least` says."""
    sizes: dict[str, int] = {}
    for feature in layout.features:
        column = data.columns[feature.name]
        if feature.table is None or layout.rows[feature.table] is not None or isinstance(column, DenseColumn):
            continue
        largest = int(column.ids.max(initial=0))
        if largest >= MAX_ROWS:
            raise TrainError(
                f"column {feature.name!r} holds the id {largest} and states no cardinality; hash it in the feature file, or set"
                f" params.cardinality (ids outside then share row 0)"
            )
        sizes[feature.table] = max(sizes.get(feature.table, 1), largest + 1, at_least.get(feature.table, 1))
    return sizes


def sample(source: Source, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
    """Up to `rows` rows with all their columns (or some), spread evenly over the first file that has any."""
    for uri in files_of(source.parts):
        table = _read(uri, columns)
        if table.num_rows:
            places = np.unique(np.linspace(0, table.num_rows - 1, min(rows, table.num_rows)).astype(np.int64))
            return table.take(pa.array(places))
    raise TrainError("the training set has no rows; check the window and the filters of the steps before")


def _table(source: Source, names: Sequence[str], field: str) -> pa.Table:
    tables = []
    for uri in files_of(source.parts):
        table = _read(uri, names)
        missing = [name for name in names if name not in table.column_names]
        if missing:
            raise TrainError(f"{field}: {uri} lacks column(s) {', '.join(missing)}; compute all partitions with one feature file")
        tables.append(table.select(list(names)).replace_schema_metadata(None))
    if not tables:
        return source.schema.empty_table().select(list(names))
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise TrainError(f"{field}: a column has different types in different files ({error}); write them with one schema") from error


def _read(uri: str, names: Sequence[str] | None) -> pa.Table:
    fs, path = storage.filesystem(uri)
    with fs.open(path, "rb") as source, pq.ParquetFile(source) as file:
        known = file.schema_arrow.names
        return file.read(columns=None if names is None else [name for name in names if name in known])


def _label(table: pa.Table, name: str, field: str) -> Floats:
    values = _numbers(table, name, field, "label")
    bad = values[(values != 0) & (values != 1)]
    if bad.size:
        raise TrainError(f"{field}: label column {name!r} holds {bad[0]:g}; labels are 0 or 1: make such a column first")
    return values.astype(np.float32)


def _weight(table: pa.Table, name: str, field: str) -> Floats:
    values = _numbers(table, name, field, "weight")
    if (values < 0).any():
        raise TrainError(f"{field}: weight column {name!r} holds {values.min():g}; weights are not negative")
    return values.astype(np.float32)


def _numbers(table: pa.Table, name: str, field: str, what: str) -> npt.NDArray[np.float64]:
    column = table.column(name)
    if column.null_count:
        raise TrainError(f"{field}: {what} column {name!r} is null in {column.null_count} rows; drop or fill them first")
    try:
        values: Any = column.cast(pa.float64()).to_numpy()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise TrainError(f"{field}: {what} column {name!r} has type {column.type}; it must be a number") from None
    if not np.isfinite(values).all():
        raise TrainError(f"{field}: {what} column {name!r} holds NaN or infinity; drop such rows first")
    return np.asarray(values)


def _group(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    encoded = pc.dictionary_encode(table.column(name).combine_chunks(), null_encoding="encode")
    chunk = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return np.asarray(chunk.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
