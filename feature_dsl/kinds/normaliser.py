"""``normalizer`` of the kinds that give numbers, and what stands in for missing before it and after it."""

from __future__ import annotations

from collections.abc import Callable

from feature_dsl.document.entry import Entry
from feature_dsl.document.marked import Marked
from feature_dsl.errors import did_you_mean
from feature_dsl.kinds.base import Literal, Name, call, scalar
from feature_dsl.kinds.naming import named, placeless
from feature_dsl.syntax.parser import parse_expression
from feature_dsl.syntax.tree import Expression, Script

VALUE = Name("value")
"""The number that is normalised: a variable of the script."""


def _log10(entry: Entry) -> Expression:
    if not entry.marked.value:
        return call("log10", VALUE)
    return call("log10_above", VALUE, Literal(entry.number("threshold", 0)), Literal(entry.needed_number("default")))


def _log1p(entry: Entry) -> Expression:
    return call("log1p", VALUE)


def _zscore(entry: Entry) -> Expression:
    return call("zscore", VALUE, Literal(entry.needed_number("mean")), Literal(entry.needed_number("sd")))


def _minmax(entry: Entry) -> Expression:
    return call("minmax", VALUE, Literal(entry.needed_number("min")), Literal(entry.needed_number("max")))


_NORMALISERS: dict[str, Callable[[Entry], Expression]] = {"log1p": _log1p, "log10": _log10, "zscore": _zscore, "minmax": _minmax}


def normalised(entry: Entry) -> Expression:
    """The entry's ``normalizer`` of the variable ``value``.

    A name (``log1p``, ``log10``), or a mapping of one: ``{zscore: {mean, sd}}``, ``{minmax: {min, max}}``,
    ``{log10: {threshold, default}}``, ``{expression: "…"}`` in which ``value`` is the number.
    """
    marked = entry.raw("normalizer")
    name, fields = _choice(entry, marked)
    if name == "expression" and isinstance(fields.value, str) and fields.value:
        return named(placeless(parse_expression(fields.value, fields.source)), (VALUE.name,))
    if name not in _NORMALISERS:
        known = [*_NORMALISERS, "expression"]
        raise marked.error(f"there is no normalizer {name!r}", did_you_mean(name, known))
    inner = Entry(f"the {name} of {entry.name}", fields)
    if not isinstance(fields.value, dict):
        raise fields.error(f"{inner.name} has to be a mapping of its numbers")
    expression = _NORMALISERS[name](inner)
    inner.finish()
    return expression


def _choice(entry: Entry, marked: Marked) -> tuple[str, Marked]:
    if isinstance(marked.value, str):
        return marked.value, Marked({}, marked.source)
    if not isinstance(marked.value, dict) or len(marked.value) != 1:
        raise marked.error(f"normalizer of {entry.name} has to be one name, or a mapping of one name to its numbers")
    ((name, fields),) = marked.value.items()
    return str(name), fields


def input_default(entry: Entry) -> int | float | None:
    """What stands in for a missing number before the normaliser: ``default``; None where ``default_after`` stands alone."""
    return None if entry.has("default_after") and not entry.has("default") else entry.number("default", 0)


def stand_in(entry: Entry) -> int | float:
    """What stands in for a missing result: ``default_after`` behind a normaliser, else ``default``."""
    if entry.has("normalizer"):
        return entry.number("default_after", 0)
    if entry.has("default_after"):
        raise entry.error(f"{entry.name} has a default_after and no normalizer", "default_after", "default stands in for missing values")
    return entry.number("default", 0)


def number(entry: Entry, value: Expression) -> Script:
    """The script of one number, normalised where the entry says so."""
    if not entry.has("normalizer"):
        return scalar(value, stand_in(entry))
    default = input_default(entry)
    given = value if default is None else call("coalesce", value, Literal(default))
    return scalar(normalised(entry), stand_in(entry), [(VALUE.name, given)])
