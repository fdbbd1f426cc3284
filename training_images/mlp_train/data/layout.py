"""Which columns a model reads and how: features, their roles, and the rows of their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import msgspec
import pyarrow as pa
from pyarrow import types

from mlp_core.bundle import Feature
from mlp_core.specs import TrainingSpec
from mlp_core.specs.decoding import nearest
from mlp_train.errors import TrainError
from mlp_train.shape import Column, Shape

CATEGORICAL, DENSE, KEY = "categorical", "dense", "key"
MAX_ROWS = 2**31


@dataclass(frozen=True)
class Layout:
    """The features in order (scalar ids, then lists of ids, then dense), and rows by table; None where the data has to tell.

    growing: tables without a fixed size; domains: whose a feature is, where a feature plan has said so; ignored: columns left out.
    """

    features: tuple[Feature, ...]
    rows: Mapping[str, int | None]
    growing: frozenset[str] = frozenset()
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def shape(self, labels: tuple[str, ...]) -> Shape:
        """The columns as a model sees them."""
        kinds: dict[str, Literal["id", "list", "dense"]] = {"int64": "id", "list<int64>": "list", "float64": "dense"}
        columns = (Column(each.name, kinds[each.type], each.table, self.domains.get(each.name, ())) for each in self.features)
        return Shape(tuple(columns), labels)

    def with_rows(self, found: Mapping[str, int]) -> Layout:
        """The layout with the tables' sizes that the data has told."""
        return replace(self, rows={name: found.get(name) if rows is None else rows for name, rows in self.rows.items()})


@dataclass(frozen=True)
class _Column:
    feature: Feature
    rows: int | None
    grows: bool = False


def resolve(
    spec: TrainingSpec, schema: pa.Schema, cardinality: int | Mapping[str, int] | None, growing: Mapping[str, object] = MappingProxyType({})
) -> Layout:
    """Read the columns' roles from the field metadata that the feature step writes, or else from their types.

    Where any column has a `role`, only those with one are features (raw columns may stand beside them), unless `columns` names them.
    Raises TrainError that names the column.
    """
    reserved = {*spec.labels, *([spec.weight] if spec.weight else [])}
    for name, what in [*((label, "label") for label in spec.labels), (spec.weight, "weight"), (spec.group, "group")]:
        if name is not None and name not in schema.names:
            raise TrainError(
                f"{what} column {name!r} is not in the training set{nearest(name, schema.names)}; it has {_list(schema.names)}"
            )
    chosen = _chosen(spec, schema, reserved)
    columns: list[_Column] = []
    ignored: list[str] = []
    for name in chosen:
        column = _column(schema.field(name), cardinality)
        if column is not None:
            columns.append(column)
        elif spec.columns is not None:
            kind = schema.field(name).type
            raise TrainError(
                f"column {name!r} has type {kind}; a model takes integers, lists of integers and floats: make a feature of it first"
            )
        else:
            ignored.append(name)
    if not columns:
        raise TrainError(f"the training set has no feature column; it has {_list(schema.names)}")
    if isinstance(cardinality, Mapping):
        for name in cardinality:
            if name not in {column.feature.name for column in columns}:
                raise TrainError(f"params.cardinality names {name!r}, which is not a categorical column in use{nearest(name, chosen)}")
    order = {"int64": 0, "list<int64>": 1, "float64": 2}
    features = tuple(column.feature for column in sorted(columns, key=lambda column: order[column.feature.type]))
    tables = {column.feature.table for column in columns if column.feature.table is not None}
    for name in growing:
        if name not in tables:
            raise TrainError(f"params.growing names {name!r}, which is no table of a column in use{nearest(name, tables)}")
    grows = frozenset(growing) | {column.feature.table for column in columns if column.grows and column.feature.table is not None}
    rows = {name: None if name in grows else size for name, size in _table_rows(columns).items()}
    domains = {each.name: _names(schema.field(each.name), "domains") for each in features}
    return Layout(features, rows, grows, domains, tuple(ignored))


def _chosen(spec: TrainingSpec, schema: pa.Schema, reserved: set[str]) -> list[str]:
    if spec.columns is not None:
        for name in spec.columns:
            if name not in schema.names:
                raise TrainError(
                    f"columns names {name!r}, which is not in the training set{nearest(name, schema.names)}; it has {_list(schema.names)}"
                )
        return list(dict.fromkeys(spec.columns))
    roles = {field.name: _text(field, "role") for field in schema if field.name not in reserved}
    if any(roles.values()):
        return [name for name, role in roles.items() if role in (CATEGORICAL, DENSE, KEY)]
    return list(roles)


def _column(field: pa.Field, cardinality: int | Mapping[str, int] | None) -> _Column | None:
    """The feature that a column is; None for a type that no model reads."""
    kind = feature_type(field.type, _text(field, "role"))
    if kind is None:
        return None
    if kind == "float64":
        return _Column(Feature(name=field.name, type=kind), None)
    stated = _number(field, "cardinality")
    asked = cardinality.get(field.name) if isinstance(cardinality, Mapping) else cardinality
    feature = Feature(name=field.name, type=kind, table=_text(field, "table") or field.name, max_length=_number(field, "max_length"))
    return _Column(feature, stated or asked, grows=_text(field, "role") == KEY)


def feature_type(kind: pa.DataType, role: str | None) -> Any:
    """`int64`, `list<int64>` or `float64` for an Arrow type in a role; None for a type that no model reads."""
    if types.is_floating(kind) or (types.is_integer(kind) and role == DENSE):
        return "float64"
    if types.is_integer(kind) or types.is_boolean(kind):
        return "int64"
    if (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)) and types.is_integer(kind.value_type):
        return "list<int64>"
    return None


def _table_rows(columns: list[_Column]) -> dict[str, int | None]:
    """Rows of each table: what its features state, which must agree on whether they state it."""
    tables: dict[str, int | None] = {}
    for column in columns:
        name = column.feature.table
        if name is None:
            continue
        known = tables.get(name)
        tables[name] = max(known or 0, column.rows) if column.rows is not None else known
    return tables


def _text(field: pa.Field, key: str) -> str | None:
    """A field's metadata: `mlp.<key>` as the feature language writes it (a JSON value), or a plain `<key>`."""
    metadata = field.metadata or {}
    if value := metadata.get(f"mlp.{key}".encode()):
        return str(msgspec.json.decode(value))
    return metadata[key.encode()].decode() if metadata.get(key.encode()) else None


def _names(field: pa.Field, key: str) -> tuple[str, ...]:
    value = (field.metadata or {}).get(f"mlp.{key}".encode())
    return tuple(msgspec.json.decode(value)) if value else ()


def _number(field: pa.Field, key: str) -> int | None:
    text = _text(field, key)
    return int(text) if text and text.isdigit() else None


def _list(names: list[str]) -> str:
    return ", ".join(names)
