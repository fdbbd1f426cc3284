"""``boundary_feature``: how many boundaries are ≤ the value."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Lowered, call, kind, scalar, x
from feature_dsl.syntax.tree import constants


@kind("boundary_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, boundaries (rising), default (0)."""
    edges = constants(entry.numbers("boundaries"))
    return Lowered(scalar(call("bucket", x(entry.text("source")), edges), entry.integer("default", 0, low=0)))
