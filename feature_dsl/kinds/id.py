"""``id_feature``: the value hashed to a bucket, or its 64-bit identity for tables that grow."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Lowered, bucketed, call, kind, scalar, x


@kind("id_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, hash_buckets (without it the feature is a key), reserve_missing."""
    value = x(entry.text("source"))
    if entry.has("hash_buckets"):
        return Lowered(scalar(bucketed(value, entry)))
    return Lowered(scalar(call("id", value)), role="key")
