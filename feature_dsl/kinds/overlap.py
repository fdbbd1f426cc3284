"""``overlap_feature``: how much of a query's words a title has."""

from __future__ import annotations

from collections.abc import Callable

from feature_dsl.errors import did_you_mean
from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, x
from feature_dsl.kinds.normaliser import number
from feature_dsl.syntax.tree import Expression

_Measure = Callable[[Expression, Expression], Expression]


def _as(operation: str) -> _Measure:
    return lambda query, title: call(operation, query, title)


def _float(operation: str) -> _Measure:
    return lambda query, title: call("float", call(operation, query, title))


_MEASURES: dict[str, _Measure] = {
    "query_ratio": _as("overlap_ratio"),
    "title_ratio": lambda query, title: call("overlap_ratio", title, query),
    "jaccard": _as("jaccard"),
    "contains": _as("overlap_contains"),
    "equal": _as("overlap_equal"),
    "count": _float("overlap_count"),
    "index": _float("overlap_index"),
    "cover": _float("overlap_cover"),
    "distance_min": _float("overlap_distance_min"),
    "distance_max": _float("overlap_distance_max"),
    "distance_mean": _as("overlap_distance_mean"),
}


@kind("overlap_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: query, title, measure, separator (none where the columns are lists), default (0), normalizer, default_after."""
    measure = entry.text("measure")
    if measure not in _MEASURES:
        hint = did_you_mean(measure, _MEASURES) or "known: " + ", ".join(_MEASURES)
        raise entry.error(f"there is no measure {measure!r} of overlap", "measure", hint)
    sides: list[Expression] = [x(entry.text("query")), x(entry.text("title"))]
    separator = entry.optional_text("separator")
    if separator is not None:
        sides = [call("split", side, Literal(separator)) for side in sides]
    return Lowered(number(entry, _MEASURES[measure](*sides)))
