"""``cross_feature``: chained hashes of several inputs, those that hash standing for their values before hashing."""

from __future__ import annotations

from feature_dsl import limits
from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind
from feature_dsl.syntax.tree import Script, Statement


@kind("cross_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: inputs (two or more), hash_buckets, max_length (of the list, where an input is a list)."""
    inputs = [call("before_hash", Literal(name)) for name in entry.texts("inputs", 2)]
    value = call("cross", Literal(entry.integer("hash_buckets", low=2)), *inputs)
    most = entry.optional_integer("max_length", 1, limits.CROSS_COMBINATIONS)
    meta = call("initValue") if most is None else call("initValue", Literal(most))
    return Lowered(Script(meta, (), (Statement(None, value),)))
