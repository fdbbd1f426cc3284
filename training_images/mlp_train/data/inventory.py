"""The row groups of a data set, from the footers of its Parquet files alone: what is planned and checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from mlp_core.specs import TrainingSpec
from mlp_train.data.columns import Columns, check_schema, columns_of
from mlp_train.data.files import open_parquet
from mlp_train.data.layout import Layout
from mlp_train.data.sources import Source, files_of

# Footers are small: on remote storage it is the waiting that costs.
_OPENED_TOGETHER = 8


@dataclass(frozen=True)
class RowGroup:
    """A row group of a file. number: its place there; list_values: at most so many ids in all list columns.

    largest: the largest id of integer columns whose statistics are there and can be trusted.
    """

    file: str
    number: int
    rows: int
    list_values: int
    largest: Mapping[str, int]


@dataclass(frozen=True)
class Inventory:
    """The columns to read, and the row groups that hold them, in the order of the files. unsized: tables whose rows nobody states."""

    columns: Columns
    groups: tuple[RowGroup, ...]
    unsized: frozenset[str]

    @property
    def rows(self) -> int:
        """How many rows."""
        return sum(group.rows for group in self.groups)


def take_inventory(source: Source, layout: Layout, spec: TrainingSpec, field: str) -> Inventory:
    """Read the footers of all files of `source`, which the specification's `field` names.

    Raises TrainError for a file that cannot be read, that lacks a column, or has it with another type.
    """
    columns = columns_of(layout, spec, field)
    unsized = frozenset(table for table, rows in layout.rows.items() if rows is None)
    measured = [feature.name for feature in layout.features if feature.table in unsized]
    with ThreadPoolExecutor(_OPENED_TOGETHER) as pool:
        found = pool.map(lambda file: _groups(file, columns, measured), files_of(source.parts))
        return Inventory(columns, tuple(group for groups in found for group in groups), unsized)


def _groups(file: str, columns: Columns, measured: Sequence[str]) -> list[RowGroup]:
    parquet = open_parquet(file, columns.field)
    try:
        schema, footer = parquet.schema_arrow, parquet.metadata
    finally:
        parquet.close(force=True)
    check_schema(columns, schema, file)
    leaves = _leaves(schema)
    lists = [leaves[feature.name] for feature in columns.lists]
    told = {name: leaves[name] for name in measured if _trusted(schema.field(name).type)}
    groups = []
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        if group.num_rows:
            values = sum(group.column(leaf).num_values for leaf in lists)
            groups.append(RowGroup(file, number, group.num_rows, values, _largest(group, told)))
    return groups


def _leaves(schema: pa.Schema) -> dict[str, int]:
    """The number of each top column's first leaf, which is how Parquet counts columns."""
    places, count = {}, 0
    for field in schema:
        places[field.name] = count
        count += _width(field.type)
    return places


def _width(kind: pa.DataType) -> int:
    if types.is_map(kind):
        return _width(kind.key_type) + _width(kind.item_type)
    if types.is_struct(kind):
        return sum(_width(kind.field(place).type) for place in range(kind.num_fields))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _width(kind.value_type)
    return 1


def _trusted(kind: pa.DataType) -> bool:
    """Whether a maximum in the footer is one: writers have disagreed on the order of unsigned numbers."""
    return bool(types.is_signed_integer(kind if not hasattr(kind, "value_type") else kind.value_type))


def _largest(group: pq.RowGroupMetaData, leaves: Mapping[str, int]) -> dict[str, int]:
    largest = {}
    for name, leaf in leaves.items():
        statistics = group.column(leaf).statistics
        if statistics is not None and statistics.has_min_max:
            largest[name] = int(statistics.max)
        elif statistics is not None and statistics.has_null_count and statistics.null_count == group.column(leaf).num_values:
            largest[name] = 0
    return largest
