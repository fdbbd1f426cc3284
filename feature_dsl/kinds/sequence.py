"""``sequence_feature``: a list cut, aligned, turned into ids or numbers place by place, and filled up; or its length."""

from __future__ import annotations

from feature_dsl import limits
from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, scalar, varying, x
from feature_dsl.kinds.normaliser import VALUE, input_default, normalised, stand_in
from feature_dsl.kinds.values import hashed
from feature_dsl.syntax.tree import Expression, Script, Statement, constants

_MISSING = Literal("")
_ELEMENTS = ("hash_buckets", "values", "boundaries", "normalizer")


@kind("sequence_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, separator, align, max_length, keep, pad, output; and how elements are read.

    An element becomes a bucket (hash_buckets, reserve_missing, hash), its position (values), how many boundaries are at most it
    (boundaries), or stays a number (normalizer, default_after); default (0) stands in for missing and unknown ones.
    """
    most = entry.optional_integer("max_length", 1, limits.LIST_LENGTH)
    raw = _cut(entry, _places(entry), most)
    if entry.choice("output", ("list", "length")) == "length":
        for field in (*_ELEMENTS, "pad"):
            if entry.has(field):
                raise entry.error(f"{entry.name} gives a length and has {field}", field, "leave one of them out")
        length = call("length", raw)
        return Lowered(scalar(length if most is None else call("clip", length, Literal(0), Literal(most))))
    statements, value, filler = _elements(entry, raw)
    script = _filled(entry, value, most, filler)
    return Lowered(Script(script.meta, (), (*statements, *script.main)))


def _places(entry: Entry) -> Expression:
    """The list, place by place with the one that it is side information of."""
    separator = entry.optional_text("separator")

    def listed(name: str) -> Expression:
        return x(name) if separator is None else call("split", x(name), Literal(separator))

    value = listed(entry.text("source"))
    other = entry.optional_text("align")
    return value if other is None else call("align", value, listed(other))


def _cut(entry: Entry, value: Expression, most: int | None) -> Expression:
    keep = entry.choice("keep", ("first", "last"))
    if most is None:
        return value
    return call("take" if keep == "first" else "take_last", value, Literal(most))


def _elements(entry: Entry, value: Expression) -> tuple[tuple[Statement, ...], Expression, int | float]:
    """Statements, the elements as ids or numbers, and what fills the list up."""
    ways = [field for field in _ELEMENTS if entry.has(field)]
    if len(ways) > 1:
        raise entry.error(f"{entry.name} has both {ways[0]} and {ways[1]}", ways[1], "an element is read in one way")
    if ways == ["hash_buckets"]:
        return (), hashed(value, entry), 0
    if ways == ["values"]:
        default = entry.integer("default", 0, low=0)
        place = call("index", constants(entry.constants("values")), value)
        return (), call("replace_value", place, Literal(-1), Literal(default)), default
    if entry.has("separator"):
        value = call("float", value)
    if ways == ["boundaries"]:
        default = entry.integer("default", 0, low=0)
        bucket = call("bucket", value, constants(entry.numbers("boundaries")))
        return (), call("replace_value", bucket, _MISSING, Literal(default)), default
    filler = stand_in(entry)
    if ways == ["normalizer"]:
        default_before = input_default(entry)
        given = value if default_before is None else call("replace_value", value, _MISSING, Literal(default_before))
        return (Statement(VALUE.name, given),), call("replace_value", normalised(entry), _MISSING, Literal(filler)), filler
    return (), call("replace_value", value, _MISSING, Literal(filler)), filler


def _filled(entry: Entry, value: Expression, most: int | None, filler: int | float) -> Script:
    side = entry.choice("pad", ("none", "right", "left"))
    if side == "none":
        return varying(value, most)
    if most is None:
        raise entry.error(f"{entry.name} is padded and has no max_length", "pad", "say how long it becomes")
    if side == "left":
        value = call("pad_left", value, Literal(most), Literal(filler))
    return Script(call("initArray", Literal(most), Literal(filler)), (), (Statement(None, value),))
