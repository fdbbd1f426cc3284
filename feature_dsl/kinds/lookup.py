"""``lookup_feature``: the number that a map has for a key, or the numbers for several keys combined to one."""

from __future__ import annotations

from typing import Any

from feature_dsl.document.entry import Constant
from feature_dsl.document.marked import Marked
from feature_dsl.kinds.base import Entry, Literal, Lowered, call, kind, x
from feature_dsl.kinds.combiner import combined
from feature_dsl.kinds.normaliser import number
from feature_dsl.kinds.values import as_text, separated
from feature_dsl.kinds.words import read_lines
from feature_dsl.operations.casts import REAL_TEXT
from feature_dsl.syntax.tree import Expression, constants

_MAPS = ("map", "map_file", "map_source")


@kind("lookup_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source (with separator: several keys) or sources; map (text to number), map_file (lines of a key, a tab and a number) or
    map_source (a column of pairs, with pair_separator "," and map_separator ":"); combiner (sum) of several keys; default (0), normalizer,
    default_after."""
    found = _found(entry, _keys(entry))
    if entry.has("sources") or entry.has("separator"):
        found = combined(found, entry)
    return Lowered(number(entry, found))


def _keys(entry: Entry) -> Expression:
    if entry.has("sources"):
        if entry.has("source"):
            raise entry.error(f"{entry.name} has both source and sources", "source", "leave one of them out")
        return call("array", *map(x, entry.texts("sources")))
    listed = separated(entry)
    return x(entry.text("source")) if listed is None else listed


def _found(entry: Entry, keys: Expression) -> Expression:
    given = [field for field in _MAPS if entry.has(field)]
    if len(given) != 1:
        wrong = f"has both {given[0]} and {given[1]}" if given else "needs a field 'map', 'map_file' or 'map_source'"
        raise entry.error(f"{entry.name} {wrong}", given[1] if given else None)
    if given == ["map_source"]:
        source, pairs, within = x(entry.text("map_source")), entry.text("pair_separator", ","), entry.text("map_separator", ":")
        words, numbers = (call(name, source, Literal(pairs), Literal(within)) for name in ("kv_keys", "kv_values"))
        return call("lookup", words, call("float", numbers), as_text(keys, entry))
    if given == ["map"]:
        return _constant(_written(entry), keys)
    return _constant(_of_file(entry), as_text(keys, entry))


def _constant(map_: tuple[list[Constant], list[Any]], keys: Expression) -> Expression:
    words, numbers = map_
    return call("get", constants(numbers), call("index", constants(words), keys))


def _written(entry: Entry) -> tuple[list[Constant], list[Any]]:
    marked = entry.raw("map")
    if not isinstance(marked.value, dict) or not marked.value:
        raise entry.error(f"map of {entry.name} has to be a mapping from text to number", "map")
    values: list[Marked] = list(marked.value.values())
    for value in values:
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            raise value.error(f"map of {entry.name} holds numbers, not {value.value!r}")
    return list(marked.value), [value.value for value in values]


def _of_file(entry: Entry) -> tuple[list[Constant], list[Any]]:
    words: list[Constant] = []
    numbers: list[float] = []
    for line in read_lines(entry, "map_file"):
        word, tab, digits = line.rstrip("\r").rpartition("\t")
        if not tab or not word or not REAL_TEXT.fullmatch(digits):
            raise entry.error(f"map_file of {entry.name} has a line {line[:60]!r} that is not a key, a tab and a number", "map_file")
        words.append(word)
        numbers.append(float(digits))
    return words, numbers
