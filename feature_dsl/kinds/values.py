"""The values that id features hash or look up: one, or a list made of a text."""

from __future__ import annotations

from feature_dsl import limits
from feature_dsl.kinds.base import Entry, Literal, call, x
from feature_dsl.syntax.tree import Expression

HASHES = {"xxh64": "hash", "murmur": "murmur", "farm": "farm"}
"""Operations by the names of hashes: ``…_bucket`` and ``…_mod``."""

OTHER_PLATFORMS = frozenset({"murmur", "farm"})
"""Hashes of texts alone."""


def most_values(entry: Entry) -> int | None:
    """The field ``max_length``."""
    return entry.optional_integer("max_length", 1, limits.LIST_LENGTH)


def separated(entry: Entry) -> Expression | None:
    """The list that ``separator`` (and ``kv_separator``: then the keys) makes of the source; None where there is no separator."""
    if not entry.has("separator"):
        if entry.has("kv_separator"):
            raise entry.error(f"{entry.name} has a kv_separator but no separator, which stands between its pairs", "kv_separator")
        return None
    source, separator = x(entry.text("source")), Literal(entry.text("separator"))
    if entry.has("kv_separator"):
        return call("kv_keys", source, separator, Literal(entry.text("kv_separator")))
    return call("drop_missing", call("split", source, separator))


def shortened(values: Expression, most: int | None) -> Expression:
    """At most so many values."""
    return values if most is None else call("take", values, Literal(most))


def as_text(value: Expression, entry: Entry) -> Expression:
    """The value as a text; what a separator has made is one."""
    return value if entry.has("separator") else call("str", value)


def hashed(value: Expression, entry: Entry) -> Expression:
    """``value`` as ``hash_buckets``, ``hash`` and ``reserve_missing`` say."""
    name = entry.choice("hash", tuple(HASHES))
    if name in OTHER_PLATFORMS:
        value = as_text(value, entry)
    suffix = "bucket" if entry.flag("reserve_missing", True) else "mod"
    return call(f"{HASHES[name]}_{suffix}", value, Literal(entry.integer("hash_buckets", low=2)))
