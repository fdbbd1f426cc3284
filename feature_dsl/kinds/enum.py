"""``enum_feature``: the value's position in ``values``, else ``default``."""

from __future__ import annotations

from feature_dsl.kinds.base import Entry, Literal, Lowered, Name, call, kind, scalar, x
from feature_dsl.kinds.words import vocabulary
from feature_dsl.syntax.tree import constants

_MISSING_WORDS = frozenset({"", "null", "none", "nan", "na", "n/a", "unknown", "missing", "other", "<unk>", "unk"})


@kind("enum_feature")
def lower(entry: Entry) -> Lowered:
    """Fields: source, values or values_file (a word per line), default (0)."""
    values, default = vocabulary(entry, "values", "values_file"), entry.integer("default", 0, low=0)
    position = Name("position")
    script = scalar(
        call("if", call("lt", position, Literal(0)), Literal(default), position),
        default,
        [("position", call("index", constants(values), x(entry.text("source"))))],
    )
    return Lowered(script, warnings=_doubt(entry.name, values, default))


def _doubt(name: str, values: list[int | float | str | bool], default: int) -> tuple[str, ...]:
    if default >= len(values) or str(values[default]).lower() in _MISSING_WORDS:
        return ()
    return (
        f"{name}: values that are missing or unknown get position {default}, which is also that of {values[default]!r}; "
        'put a word such as "NULL" there, or choose another default',
    )
