"""Which partitions of a table a step wants: `select` and `range` filters, in Python or as JSON.

```json
{"partitionColumn": "dt", "valType": "range", "start": -90, "end": 0}
{"partitionColumn": "dt", "valType": "select", "values": ["2000-11-20", -1]}
```
A day is `YYYY-MM-DD`, or a whole number of days after the run's partition (negative: before it).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlp_core.artifacts.errors import ArtifactError

DATE_COLUMN = "dt"
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"[A-Za-z0-9_.-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?\d{1,6}")
_MOST_PARTITIONS = 10_000


class PartitionError(ArtifactError):
    """A partition filter is wrong; one sentence that names the field and the cure."""


@dataclass(frozen=True, kw_only=True)
class PartitionRange:
    """All days from `start` to `end`, both included. A day is a date, `YYYY-MM-DD`, or days after the run's partition."""

    start: str | int
    end: str | int
    column: str = DATE_COLUMN

    def names(self, day: dt.date) -> tuple[str, ...]:
        """The partitions for the run of `day`, `dt=2000-11-20`, oldest first."""
        start, end = _day(self.start, "start", day), _day(self.end, "end", day)
        count = (end - start).days + 1
        if count < 1:
            raise PartitionError(f"the partition range is empty: it starts on {start} and ends before, on {end}; exchange start and end")
        if count > _MOST_PARTITIONS:
            raise PartitionError(f"the partition range {start} to {end} has {count} days, more than {_MOST_PARTITIONS}: narrow it")
        return tuple(f"{self.column}={start + dt.timedelta(days=offset)}" for offset in range(count))

    def to_json(self) -> dict[str, Any]:
        """The filter as a JSON object."""
        return {"partitionColumn": self.column, "valType": "range", "start": self.start, "end": self.end}


@dataclass(frozen=True, kw_only=True)
class PartitionSelect:
    """The named partitions. Values are days as in a range, or, for a column other than `dt`, any plain text."""

    values: tuple[str | int, ...]
    column: str = DATE_COLUMN

    def names(self, day: dt.date) -> tuple[str, ...]:
        """The partitions for the run of `day`, `dt=2000-11-20`, in order, each once."""
        if not self.values:
            raise PartitionError("values of the partition filter is empty: name at least one partition")
        return tuple(sorted({f"{self.column}={self._value(value, day)}" for value in self.values}))

    def to_json(self) -> dict[str, Any]:
        """The filter as a JSON object."""
        return {"partitionColumn": self.column, "valType": "select", "values": list(self.values)}

    def _value(self, value: str | int, day: dt.date) -> str:
        if self.column == DATE_COLUMN or isinstance(value, int):
            return str(_day(value, "values", day))
        if not _VALUE.fullmatch(value):
            raise PartitionError(
                f"values of the partition filter has {value!r}: a partition's value holds letters, digits, '_', '.' and '-'"
            )
        return value


PartitionFilter = PartitionRange | PartitionSelect


def _range_of(document: Mapping[str, Any], column: str) -> PartitionFilter:
    return PartitionRange(column=column, start=_point(document["start"], "start"), end=_point(document["end"], "end"))


def _select_of(document: Mapping[str, Any], column: str) -> PartitionFilter:
    values = document["values"]
    if not isinstance(values, (list, tuple)):
        raise PartitionError(f'values of the partition filter is {values!r}: write a list of days, like ["2000-11-20", -1]')
    return PartitionSelect(column=column, values=tuple(_point(value, "values") for value in values))


_FORMS: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any], str], PartitionFilter]]] = {
    "range": (("start", "end"), _range_of),
    "select": (("values",), _select_of),
}


def parse_filter(value: PartitionFilter | Mapping[str, Any] | str) -> PartitionFilter:
    """A filter from its JSON form, an object or text. Raises PartitionError that names the field that is wrong."""
    if isinstance(value, PartitionRange | PartitionSelect):
        return value
    document = _object(value)
    form = document.get("valType")
    if form not in _FORMS:
        raise PartitionError(f'valType of the partition filter is {form!r}: write "range" (with start and end) or "select" (with values)')
    fields, build = _FORMS[form]
    wanted = ("partitionColumn", "valType", *fields)
    for name in wanted:
        if name not in document and name != "partitionColumn":
            raise PartitionError(f"the partition filter of valType {form!r} has no {name!r}: it takes {', '.join(wanted)}")
    for name in document:
        if name not in wanted:
            raise PartitionError(f"the partition filter of valType {form!r} does not know {name!r}: it takes {', '.join(wanted)}")
    column = document.get("partitionColumn", DATE_COLUMN)
    if not isinstance(column, str) or not _COLUMN.fullmatch(column):
        raise PartitionError(f'partitionColumn of the partition filter is {column!r}: name one column, like "dt"')
    return build(document, column)


def _object(value: Mapping[str, Any] | str) -> Mapping[str, Any]:
    document: Any = value
    if isinstance(value, str):
        try:
            document = json.loads(value)
        except json.JSONDecodeError as error:
            raise PartitionError(f"the partition filter {value!r} is not JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise PartitionError(
            f"the partition filter is {document!r}: write an object with partitionColumn, valType and start, end or values"
        )
    return document


def _point(value: Any, field: str) -> str | int:
    """A day as written: an int stays one, and so does text that a template has made of one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, dt.date):
        return str(value.date() if isinstance(value, dt.datetime) else value)
    if isinstance(value, str) and value.strip():
        text = value.strip()
        return int(text) if _NUMBER.fullmatch(text) else text
    raise PartitionError(f'{field} of the partition filter is {value!r}: write a day as "2000-11-20", or a number of days after the run\'s')


def _day(value: str | int, field: str, day: dt.date) -> dt.date:
    try:
        if isinstance(value, int):
            return day + dt.timedelta(days=value)
        if not _DATE.fullmatch(value):
            raise ValueError(value)
        return dt.date.fromisoformat(value)
    except OverflowError:
        raise PartitionError(f"{field} of the partition filter is {value}: no day lies that far from {day}") from None
    except ValueError:
        raise PartitionError(
            f'{field} of the partition filter is {value!r}: write a day as "2000-11-20", or a number of days after the run\'s'
        ) from None
