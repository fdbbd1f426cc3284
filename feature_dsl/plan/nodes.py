"""The typed plan's data: a list of nodes in which every node's arguments come before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feature_dsl.errors import FeatureError, did_you_mean
from feature_dsl.operations.base import Bounds
from feature_dsl.types import Type, Value

CONSTANT = "constant"
COLUMN = "column"


@dataclass(frozen=True, slots=True)
class Node:
    """One expression.

    :param op: an operation's name, ``constant`` or ``column``.
    :param version: the operation's version; 0 of constants and columns.
    :param args: indexes of the arguments' nodes.
    :param type: the result's type.
    :param lifted: the operation applies to each element of its list argument.
    :param value: a constant's value.
    :param name: a column's name in the data.
    :param bounds: lowest and highest value, where known (follows from the rest).
    """

    op: str
    version: int
    args: tuple[int, ...]
    type: Type
    lifted: bool = False
    value: Value = None
    name: str = ""
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A column that a plan reads, by its name in the data."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Output:
    """A feature column.

    :param type: int64 or float64, or a list of them.
    :param role: ``categorical`` (an id below ``cardinality``), ``dense`` (a number) or ``key`` (an unbounded id).
    :param cardinality: number of rows of its embedding table, where known.
    :param max_length: longest list, where known; None of scalars and of unlimited lists.
    :param length: a list's exact length, where every row has it.
    :param domains: whose columns it reads, in the feature file's order.
    :param table: the embedding table's name: features of one table share its rows.
    """

    name: str
    node: int
    type: Type
    role: str
    cardinality: int | None
    max_length: int | None
    length: int | None
    domains: tuple[str, ...]
    table: str


def check_columns(inputs: Iterable[Input], present: Sequence[str]) -> None:
    """Raises FeatureError where the data has not all columns that a plan reads."""
    for wanted in inputs:
        if wanted.name not in present:
            raise FeatureError(f"the data has no column {wanted.name!r}, which the features read", hint=did_you_mean(wanted.name, present))
