"""What a user expects of a table's statistics, and in which sentences the data differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_mlp.operators.base import BadInput


@dataclass(frozen=True)
class Expectation:
    """A measure has to lie in [least, most]. column: None for a measure of the whole table."""

    measure: str
    column: str | None
    least: float
    most: float


_TABLE_BOUNDS: dict[str, tuple[str, bool]] = {"min_rows": ("rows", True), "max_rows": ("rows", False)}
_COLUMN_MEASURES = ("missing_share", "distinct", "min", "max", "mean")
_NAMES = (*_TABLE_BOUNDS, "label_rate", *_COLUMN_MEASURES)


def parse_expectations(expect: Mapping[str, Any], columns: Collection[str], label: str | None) -> list[Expectation]:
    """Read `expect`; texts that templates have made of numbers are numbers. Raises BadInput that names the field that is wrong."""
    return [expectation for name, value in expect.items() for expectation in _parse(name, value, columns, label)]


def violations(expected: Sequence[Expectation], report: Mapping[str, Any]) -> list[str]:
    """A sentence for each expectation that the statistics in `report` do not meet."""
    return [sentence for expectation in expected if (sentence := _violation(expectation, report))]


def _parse(name: str, value: Any, columns: Collection[str], label: str | None) -> Iterator[Expectation]:
    if name in _TABLE_BOUNDS:
        measure, is_least = _TABLE_BOUNDS[name]
        bound = _number(name, value)
        yield Expectation(measure, None, bound if is_least else float("-inf"), float("inf") if is_least else bound)
    elif name == "label_rate":
        if label is None:
            raise BadInput("expect names label_rate, but there is no label: set label to the column with 0 or 1")
        yield Expectation(name, None, *_bounds(name, value))
    elif name in _COLUMN_MEASURES:
        if not isinstance(value, Mapping):
            raise BadInput(f"expect: {name} is {value!r}; give a bound for each column, like {{'age': 0.5}}")
        for column, bound in value.items():
            if column not in columns:
                raise BadInput(f"expect: {name} names the column {column!r}, which the input does not have: it has {', '.join(columns)}")
            yield Expectation(name, column, *_bounds(f"{name} of {column}", bound))
    else:
        raise BadInput(f"expect does not know {name!r}: it takes {', '.join(_NAMES)}")


def _bounds(name: str, value: Any) -> tuple[float, float]:
    """A pair is the least and the most; a single number is the most."""
    if isinstance(value, (list, tuple)):
        if len(value) != 2:
            raise BadInput(f"expect: {name} is {value!r}; give the least and the most, or the most alone")
        return _number(name, value[0]), _number(name, value[1])
    return float("-inf"), _number(name, value)


def _number(name: str, value: Any) -> float:
    convert: Callable[[Any], float] = float
    try:
        return convert(value)
    except (TypeError, ValueError):
        raise BadInput(f"expect: {name} is {value!r}, which is not a number") from None


def _violation(expectation: Expectation, report: Mapping[str, Any]) -> str | None:
    place = report if expectation.column is None else report["columns"][expectation.column]
    value = place.get(expectation.measure)
    where = "of the table" if expectation.column is None else f"of the column {expectation.column!r}"
    if not isinstance(value, (int, float)):
        return f"{expectation.measure} {where} is not a number here ({value!r}), though bounds are expected of it"
    if expectation.least <= value <= expectation.most:
        return None
    bound = f"at least {expectation.least:g}" if value < expectation.least else f"at most {expectation.most:g}"
    return f"{expectation.measure} {where} is {value:g}, expected {bound}"
