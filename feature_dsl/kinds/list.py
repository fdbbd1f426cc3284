"""``list_feature``: split, drop missing parts, keep the first ``max_length``, hash each."""

from __future__ import annotations

from feature_dsl import limits
from feature_dsl.kinds.base import Entry, Literal, Lowered, bucketed, call, kind, varying, x
from feature_dsl.syntax.tree import Expression


@kind("list_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, separator (none where the column is a list), hash_buckets, max_length, reserve_missing."""
    value: Expression = x(entry.text("source"))
    separator = entry.optional_text("separator")
    if separator is not None:
        value = call("split", value, Literal(separator))
    value = call("drop_missing", value)
    most = entry.optional_integer("max_length", 1, limits.LIST_LENGTH)
    if most is not None:
        value = call("take", value, Literal(most))
    return Lowered(varying(bucketed(value, entry), most))
