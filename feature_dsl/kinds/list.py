"""``list_feature``: split, drop missing parts, keep the first ``max_length``, hash each."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Lowered, call, kind, varying, x
from feature_dsl.kinds.values import hashed, most_values, separated, shortened


@kind("list_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, separator (none where the column is a list), hash_buckets, max_length, reserve_missing, hash, kv_separator."""
    listed = separated(entry)
    values = call("drop_missing", x(entry.text("source"))) if listed is None else listed
    most = most_values(entry)
    return Lowered(varying(hashed(shortened(values, most), entry), most))
