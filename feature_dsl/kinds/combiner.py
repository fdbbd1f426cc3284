"""One number of several."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, call
from feature_dsl.syntax.tree import Expression

COMBINERS = {"sum": "list_sum", "mean": "list_mean", "min": "list_min", "max": "list_max",
             "count": "list_count", "gap_min": "list_gap_min", "gap_max": "list_gap_max"}  # fmt: skip


def combined(values: Expression, entry: Entry) -> Expression:
    """A list as one number, as the field ``combiner`` says."""
    return call(COMBINERS[entry.choice("combiner", tuple(COMBINERS))], values)
