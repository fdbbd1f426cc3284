"""``id_feature``: ids of a value, or of each of several: by hash, by a vocabulary, as they are, or 64-bit identities."""

from __future__ import annotations

from collections.abc import Callable

from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, scalar, varying, x
from feature_dsl.kinds.values import as_text, hashed, most_values, separated, shortened
from feature_dsl.kinds.words import vocabulary
from feature_dsl.syntax.tree import Expression, constants


def _by_vocabulary(value: Expression, entry: Entry) -> Expression:
    words = vocabulary(entry, "vocabulary", "vocab_file")
    if entry.has("vocab_file"):
        value = as_text(value, entry)
    return call("vocab_index", constants(words), value, Literal(entry.integer("oov_buckets", 1, 1, 2**31)))


def _as_it_is(value: Expression, entry: Entry) -> Expression:
    number = call("int", value) if entry.has("separator") else value
    return call("within", number, Literal(entry.integer("num_buckets", low=1)))


_WAYS: dict[str, Callable[[Expression, Entry], Expression]] = {
    "hash_buckets": hashed,
    "vocabulary": _by_vocabulary,
    "vocab_file": _by_vocabulary,
    "num_buckets": _as_it_is,
}


@kind("id_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source; hash_buckets (with reserve_missing, hash), vocabulary or vocab_file (with oov_buckets), or num_buckets
    (with default); without any of them the feature is a key. separator, kv_separator, max_length, prefix."""
    ways = [field for field in _WAYS if entry.has(field)]
    if len(ways) > 1:
        raise entry.error(f"{entry.name} has both {ways[0]} and {ways[1]}", ways[1], "leave one of them out")
    listed, most = separated(entry), most_values(entry)
    value = x(entry.text("source")) if listed is None else shortened(listed, most)
    if most is not None and listed is None:
        raise entry.error(f"{entry.name} has a max_length but no separator, so it has one value", "max_length", "list_feature takes lists")
    if entry.has("prefix"):
        value = call("prefix", Literal(entry.text("prefix")), as_text(value, entry))
    value = _WAYS[ways[0]](value, entry) if ways else call("id", value)
    role = None if ways else "key"
    if listed is not None:
        return Lowered(varying(value, most), role=role)
    default = entry.integer("default", 0, 0) if ways == ["num_buckets"] else 0
    return Lowered(scalar(value, default), role=role)
