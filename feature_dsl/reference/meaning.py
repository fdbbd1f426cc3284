"""An operation on the values of one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from feature_dsl.types import Scalar, Value

if TYPE_CHECKING:
    from feature_dsl.operations.base import Operation


def normalise(value: Value) -> Value:
    """ "" and NaN as missing, in lists too."""
    if isinstance(value, tuple):
        return tuple(None if item == "" or item != item else item for item in value)
    return None if value == "" or value != value else value


def apply_meaning(operation: Operation, values: Sequence[Value], lifted: bool) -> Value:
    """The operation's meaning, element by element where it is lifted over its list argument."""
    if not lifted:
        return normalise(operation.meaning(*values))
    position = next(index for index in operation.lifts if index < len(values) and isinstance(values[index], tuple))
    elements = values[position]
    assert isinstance(elements, tuple)
    head, tail = values[:position], values[position + 1 :]
    return normalise(tuple(_scalar(operation.meaning(*head, element, *tail)) for element in elements))


def _scalar(value: Value) -> Scalar:
    assert not isinstance(value, tuple)
    return value
