"""Maps in texts and in lists: keys and values, look-ups, matches in maps of maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import count, fixed, unify
from feature_dsl.operations.texts import constant_text
from feature_dsl.types import INT, TEXT, Scalar, Value

_KERNELS = "feature_dsl.kernels.maps"
ANY = "*"


def _pairs_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    between = constant_text(arguments, 1, "the separator of pairs")
    within = constant_text(arguments, 2, "the separator of key and value")
    if between == within:
        raise TypeProblem("wants two separators that differ", 2)
    return Signature((TEXT, TEXT, TEXT), TEXT.as_list)


def _pairs(value: str | None, between: str, within: str) -> Iterator[tuple[str, str]]:
    for pair in (value or "").split(between):
        key, _, found = pair.partition(within)
        if key:
            yield key, found


def _keys(value: str | None, between: str, within: str) -> Value:
    return tuple(key for key, _ in _pairs(value, between, within))


def _values(value: str | None, between: str, within: str) -> Value:
    return tuple(found or None for _, found in _pairs(value, between, within))


def _lookup_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    keys, values = arguments[0].type, arguments[1].type
    for index, kind in enumerate((keys, values)):
        if not kind.is_list:
            raise TypeProblem(f"wants a list, not {kind}", index, "kv_keys(…) and kv_values(…) make them of a text")
    kind = unify((Argument(keys.element), arguments[2]))
    if kind not in (INT, TEXT):
        raise TypeProblem(f"does not look up {kind}", 2, "keys are texts or integers")
    return Signature((kind.as_list, values, kind), values.element)


def _lookup(keys: tuple[Scalar, ...], values: tuple[Scalar, ...], key: Scalar) -> Value:
    place = keys.index(key) if key is not None and key in keys else len(values)
    return values[place] if place < len(values) else None


def _value_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    return arguments[1].bounds


def _match(value: str | None, outer: str | None, inner: str | None) -> Value:
    found: list[Scalar] = []
    for group in (value or "").split("|"):
        name, _, pairs = group.partition("^")
        if name and outer in (name, ANY):
            found += [weight or None for key, weight in _pairs(pairs, ",", ":") if inner in (key, ANY)]
    return tuple(found)


_PAIRS = (
    "Parts without a key are left out of both, so that kv_keys and kv_values go together; the first separator in a part counts.",
    "Keys that stand twice are given twice.",
)
register(
    Operation(
        "kv_keys", 1, _pairs_rule, _keys, f"{_KERNELS}:kv_keys", "The keys of a text of pairs.",
        (('kv_keys("a:0.5|b:2|c", "|", ":")', '["a", "b", "c"]'), ('kv_keys("", "|", ":")', "[]")), "maps",
        signature="x: utf8, between pairs: constant utf8, between key and value: constant utf8 → list<utf8>", notes=_PAIRS, total=True,
    )
)  # fmt: skip
register(
    Operation(
        "kv_values", 1, _pairs_rule, _values, f"{_KERNELS}:kv_values",
        "The values of a text of pairs, as texts; missing where a pair has none.",
        (('kv_values("a:0.5|b:2|c", "|", ":")', '["0.5", "2", missing]'), ('float(kv_values("a:0.5|b:2", "|", ":"))', "[0.5, 2.0]")),
        "maps", signature="x: utf8, between pairs: constant utf8, between key and value: constant utf8 → list<utf8>", notes=_PAIRS,
    )
)  # fmt: skip
register(
    Operation(
        "lookup", 1, _lookup_rule, _lookup, f"{_KERNELS}:lookup",
        "The value at the first place at which the keys have the key; missing where they do not have it.",
        (('lookup(array("a", "b"), array(1, 2), "b")', "2"), ('lookup(array("a", "b"), array(1, 2), "c")', "missing"),
         ('lookup(array(7, 8), array("x", "y"), array(8, 9))', '["y", missing]')),
        "maps", lifts=(2,), bounds=_value_bounds, signature="keys: list<K>, values: list<V>, key: K → V, K int64 or utf8",
        notes=("A missing key has no value.", "Where there are fewer values than keys, the keys that are left over have none.",
               "In a large constant map `get(values, index(keys, key))` is faster: it hashes."),
    )
)  # fmt: skip
register(
    Operation(
        "match", 1, fixed(TEXT, TEXT, TEXT, result=TEXT.as_list), _match, f"{_KERNELS}:match",
        "The values, as texts, that a map of maps has for an outer and an inner key; the key * is any.",
        (('match("a^x:1,y:2|b^x:3", "a", "y")', '["2"]'), ('match("a^x:1,y:2|b^x:3", "*", "x")', '["1", "3"]'),
         ('match("a^x:1,y:2|b^x:3", "b", "y")', "[]")),
        "maps", signature="map: utf8, outer: utf8, inner: utf8 → list<utf8>",
        notes=("A map of maps is written `outer^inner:value,inner:value|outer^…`; parts without a key are left out.",
               "A missing key matches nothing; an entry without a value has a missing one."),
    )
)  # fmt: skip
