"""``weight_feature``: the weights of a text of weighted ids, ``a:0.5|b:2``, beside an id feature that has their ids."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, varying, x
from feature_dsl.kinds.values import most_values, shortened


@kind("weight_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, separator, kv_separator, max_length, default (1): the weight of an id that has none, or none that is a number."""
    separators = [Literal(entry.text(field)) for field in ("separator", "kv_separator")]
    most = most_values(entry)
    weights = call("float", shortened(call("kv_values", x(entry.text("source")), *separators), most))
    return Lowered(varying(call("replace_value", weights, Literal(""), Literal(float(entry.number("default", 1)))), most))
