"""Which kind of feature a column becomes first, by its type, its name and its statistics."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feature_dsl import limits
from feature_dsl.tools.columns import ColumnStatistics

ENUM_MOST = 30
"""Different values up to which a column becomes a vocabulary."""

_WORD_LENGTH = 100
_LONGEST_LIST = 50
_MULTIPLE = 0.05
_LABELS = frozenset(
    ("label", "labels", "target", "y", "click", "clicked", "is_click", "is_clicked", "conversion", "converted", "is_conversion",
     "purchase", "purchased", "is_purchase", "rating", "weight", "sample_weight")
)  # fmt: skip
_IDENTITY = re.compile(r"(?:^|.*_)(?:id|uid|uuid|guid|key)", re.IGNORECASE)
_TIME = re.compile(r"(?:^|.*_)(?:ts|time|timestamp|date|dt|day|datetime)", re.IGNORECASE)
_BUCKETS_PER_VALUE = 10
_FEWEST_BUCKETS = 100
_MOST_BUCKETS = 100_000_000
_MISSING = "NULL"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A feature for a column.

    :param entry: the feature's entry, empty where the column is left out.
    :param remark: what was seen, or why the column is left out.
    """

    column: str
    remark: str
    entry: Mapping[str, Any] = field(default_factory=dict)


def propose(column: ColumnStatistics, taken: set[str]) -> Proposal:
    """The feature of a column; its name is added to ``taken``, which holds names that it may not have."""
    reason = _left_out(column)
    if reason is not None:
        return Proposal(column.name, f"left out, {reason}")
    assert column.type is not None
    made = _KINDS["list" if column.type.is_list else column.type.name](column)
    if isinstance(made, str):
        return Proposal(column.name, f"left out, {made}")
    suffix, kind, fields = made
    entry = {"name": _name(f"{column.name}_{suffix}", taken), "kind": kind, "source": column.name, **fields}
    return Proposal(column.name, _remark(column), entry)


def buckets_for(values: int) -> int:
    """Buckets for so many different values: ten for each, so that about one in ten shares its bucket, rounded up to 1, 2 or 5 · 10ⁿ."""
    wanted = min(max(values * _BUCKETS_PER_VALUE, _FEWEST_BUCKETS), _MOST_BUCKETS)
    power = int("1" + "0" * (len(str(wanted)) - 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= wanted)


def _left_out(column: ColumnStatistics) -> str | None:
    if column.name.lower() in _LABELS:
        return "its name is that of a label or a weight"
    if column.type is None:
        return f"the language has no type for {column.arrow}; cast it to int64, float64, utf8 or bool"
    if column.present == 0:
        return "it has no values"
    if column.type.is_list:
        return None
    if column.distinct.count < 2 and column.present == column.rows:
        return "it has one value in all rows"
    if column.type.name == "int64" and _TIME.fullmatch(column.name):
        return "its name is that of a time; make an hour, a weekday or an age of it"
    return None


Made = tuple[str, str, dict[str, Any]] | str
"""A suffix of the feature's name, its kind and the kind's fields; or why there is none."""


def _text(column: ColumnStatistics) -> Made:
    for separator, parts in column.parts.items():
        often = column.containing[separator] >= _MULTIPLE * column.present
        if often and parts.count * 2 <= column.distinct.count:
            length = min(column.longest[separator], _LONGEST_LIST)
            fields = {"separator": separator, "hash_buckets": buckets_for(parts.count), "max_length": length}
            return "list", "list_feature", fields
    words = _frequent(column)
    if words is not None and not _IDENTITY.fullmatch(column.name) and all(len(word) <= _WORD_LENGTH for word in words):
        return "enum", "enum_feature", {"values": [_MISSING, *(word for word in words if word != _MISSING)], "default": 0}
    return "hash", "id_feature", {"hash_buckets": buckets_for(column.distinct.count)}


def _integer(column: ColumnStatistics) -> Made:
    if _IDENTITY.fullmatch(column.name):
        return "hash", "id_feature", {"hash_buckets": buckets_for(column.distinct.count)}
    words = _frequent(column)
    if words is not None:
        return "enum", "enum_feature", {"values": words, "default": len(words)}
    cuts = sorted({int(cut) for cut in column.quantiles() if abs(cut) < 2**53})
    return ("bucket", "boundary_feature", {"boundaries": cuts}) if cuts else "its numbers are too large to be cut into buckets"


def _number(column: ColumnStatistics) -> Made:
    cuts = column.quantiles()
    return ("bucket", "boundary_feature", {"boundaries": cuts}) if cuts else "it has no finite values"


def _flag(column: ColumnStatistics) -> Made:
    return "flag", "raw_feature", {}


def _list(column: ColumnStatistics) -> Made:
    assert column.type is not None
    longest = column.longest[""]
    if column.type.name in ("utf8", "int64"):
        most = min(longest, _LONGEST_LIST)
        return "list", "list_feature", {"hash_buckets": buckets_for(column.parts[""].count), "max_length": most}
    if column.shortest == longest and 2 <= longest <= limits.LIST_LENGTH:
        return "vector", "raw_feature", {"length": longest}
    return f"its lists are of {column.shortest} to {longest} elements; a raw_feature with a length makes a vector of them"


_KINDS: dict[str, Callable[[ColumnStatistics], Made]] = {
    "utf8": _text,
    "int64": _integer,
    "float64": _number,
    "bool": _flag,
    "list": _list,
}


def _frequent(column: ColumnStatistics) -> list[Any] | None:
    """Values from the most frequent to the rarest, equal ones in their own order; None where they are too many."""
    if column.words is None or not 1 <= len(column.words) <= ENUM_MOST:
        return None
    return [word for word, _ in sorted(column.words.items(), key=lambda item: (-item[1], item[0]))]


def _remark(column: ColumnStatistics) -> str:
    missing = 100 * (1 - column.present / column.rows)
    parts = [f"{missing:.3g} % missing"] if column.present < column.rows else []
    if column.type is not None and not column.type.is_list:
        about = "" if column.distinct.exact else "about "
        parts.insert(0, f"{about}{column.distinct.count:,} values")
    return ", ".join(parts) or "no row is missing"


def _name(wanted: str, taken: set[str]) -> str:
    """A name that the language takes and that neither a column nor another feature has."""
    base = re.sub(r"[^A-Za-z0-9_.\-]", "_", wanted)[:110]
    base = base if re.match(r"[A-Za-z_]", base) else f"_{base}"
    name = base
    number = 2
    while name in taken:
        name = f"{base}_{number}"
        number += 1
    taken.add(name)
    return name
