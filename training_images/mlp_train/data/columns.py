"""What of a table is read: features, labels, weights and groups, and which Arrow types each may have."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from pyarrow import types

from mlp_core.bundle import Feature
from mlp_core.specs import TrainingSpec
from mlp_train.data.layout import DENSE, Layout, feature_type
from mlp_train.errors import TrainError

_EXPECTED = {"int64": "integers", "list<int64>": "lists of integers", "float64": "numbers"}


@dataclass(frozen=True)
class Columns:
    """The columns to read. features: ids, then lists, then dense ones; field: of the specification, for what errors say."""

    features: tuple[Feature, ...]
    labels: tuple[str, ...]
    weight: str | None
    group: str | None
    field: str

    @property
    def ids(self) -> tuple[Feature, ...]:
        """Features with one id per row."""
        return tuple(feature for feature in self.features if feature.type == "int64")

    @property
    def lists(self) -> tuple[Feature, ...]:
        """Features with any number of ids per row."""
        return tuple(feature for feature in self.features if feature.is_list)

    @property
    def dense(self) -> tuple[Feature, ...]:
        """Features whose value is the input."""
        return tuple(feature for feature in self.features if feature.is_dense)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        extra = [*self.labels, *(name for name in (self.weight, self.group) if name is not None)]
        return tuple(dict.fromkeys([*(feature.name for feature in self.features), *extra]))


def columns_of(layout: Layout, spec: TrainingSpec, field: str) -> Columns:
    """What training reads of the data behind `field`: the features of `layout` and the columns that `spec` names."""
    return Columns(layout.features, tuple(spec.labels), spec.weight, spec.group, field)


def check_schema(columns: Columns, schema: pa.Schema, file: str) -> None:
    """Raise TrainError if `schema`, that of `file`, lacks one of the columns or has it with a type that is not read."""
    known = set(schema.names)
    if missing := [name for name in columns.names if name not in known]:
        raise TrainError(f"{columns.field}: {file} lacks column(s) {', '.join(missing)}; compute all partitions with one feature file")
    for feature in columns.features:
        kind = schema.field(feature.name).type
        if feature_type(kind, DENSE if feature.is_dense else None) != feature.type and not types.is_null(kind):
            raise TrainError(
                f"{columns.field}: column {feature.name!r} has type {kind} in {file}, expected {_EXPECTED[feature.type]} as in the first"
                " file; write all files with one schema"
            )
    for name, what in [*((label, "label") for label in columns.labels), (columns.weight, "weight")]:
        if name is not None and not _is_number(schema.field(name).type):
            kind = schema.field(name).type
            raise TrainError(f"{columns.field}: {what} column {name!r} has type {kind}; it must be a number (in {file})")


def _is_number(kind: pa.DataType) -> bool:
    known = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null)
    return any(is_one(kind) for is_one in known)
