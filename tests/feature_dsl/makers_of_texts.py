"""Random expressions of texts, patterns, dates, maps, ids and other platforms' hashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Maker = Callable[[Any, int], str]
_PATTERNS = [
    "a", "[^a]+", "(a|ä)*b?", "^.", "(.)(.)$", "(?i)z\\\\s", "[0-9]{1,3}", "(?:x{3}){2,}?", "日|😀", "\\\\||b", "(\\\\w)|(\\\\s)", "(a*)*",
]  # fmt: skip
_FORMATS = ["%Y", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y"]
_TIMES = [
    '"2026-11-20"', '"1969-02-28T23:59:59Z"', '"20240229"', '"2024-02-30 00:00:00"', '"2001-02-03 04:05:06"', '"0000"', '"31/12/9999"',
    '"2001-02-03T04:05:06.123456789+01:30"', '"1900-02-29"', '"20000229"', '"19000229"', '"29/02/2100"',
]  # fmt: skip
_MAPS = ['"a:1|b:2||:3|ä"', '"a:1,a:x,b:1e3"', '"a^a:1,b:2|b^a:3|a^a:4"', '"12^12:7,:8|^a:1"']


def _call(name: str, *parts: str | Callable[[Any], str]) -> Maker:
    """A call of expressions of types, of words as they are (``=word``), and of what functions draw."""

    def make(programs: Any, depth: int) -> str:
        return f"{name}({', '.join(_part(programs, depth, part) for part in parts)})"

    return make


def _part(programs: Any, depth: int, part: str | Callable[[Any], str]) -> str:
    if callable(part):
        return part(programs)
    return part[1:] if part.startswith("=") else str(programs.expression(part, depth))


def _one_of(words: list[str], quoted: bool = True) -> Callable[[Any], str]:
    return lambda programs: f'"{programs.random.choice(words)}"' if quoted else str(programs.random.choice(words))


def _sometimes(words: list[str]) -> Callable[[Any], str]:
    """A text of a kind that the operation reads, or any text."""
    return lambda programs: programs.random.choice([*programs.random.sample(words, 2), 'x("s")', 'x("t")', '""'])


_PATTERN, _TIME, _MAP = _one_of(_PATTERNS), _sometimes(_TIMES), _sometimes(_MAPS)
_SEPARATOR, _SIGN, _SIZE = _one_of(["|", "a", "ä|"]), _one_of([":", "b", "="]), _one_of(["2", "3", "1000"], False)
_OFFSET = _one_of(["480", "-90", "0"], False)
_VOCABULARY = _one_of(['array("a", "b", "日本語", "12")', 'array("ä")'], False)
_NUMBERS = _one_of(["array(1, -7, 100)", "array(0)"], False)
_PARTS = ("second", "minute", "hour", "weekday", "day", "day_of_year", "month", "year")
_HASHES = ("murmur_mod", "murmur_bucket", "farm_mod", "farm_bucket")

MAKERS: dict[str, list[Maker]] = {
    "bool": [
        _call("starts_with", "utf8", "utf8"), _call("ends_with", "utf8", "utf8"), _call("regex_matches", "utf8", _PATTERN),
        _call("is_weekend", "int64"), _call("is_weekend", "int64", _OFFSET),
    ],
    "int64": [
        *[_call(name, "int64") for name in _PARTS], *[_call(name, "int64", _OFFSET) for name in _PARTS],
        _call("parse_time", _TIME, _one_of(_FORMATS)), _call("parse_time", _TIME, _one_of(_FORMATS), _OFFSET),
        _call("iso_time", _TIME), _call("iso_time", "utf8"), _call("iso_time", _TIME, _OFFSET), _call("from_millis", "int64"),
        _call("days_between", "int64", "int64"),
        *[_call(name, "utf8", _SIZE) for name in _HASHES], _call("vocab_index", _VOCABULARY, "utf8", _SIZE),
        _call("vocab_index", _NUMBERS, "int64", _SIZE), _call("within", "int64", _SIZE),
        _call("lookup", "list<utf8>", "list<int64>", "utf8"), _call("lookup", "list<int64>", "list<int64>", "int64"),
    ],
    "float64": [_call("lookup", "list<int64>", "list<float64>", "int64"), _call("lookup", "list<utf8>", "list<float64>", "utf8")],
    "utf8": [
        _call("join", "list<utf8>", _SEPARATOR), _call("join", "list<utf8>", '=""'), _call("substring", "utf8", "int64", "int64"),
        _call("substring", "utf8", _one_of(["0", "1", "-2"], False), _SIZE), _call("replace", "utf8", _SEPARATOR, _SIGN),
        _call("replace", "utf8", _SEPARATOR, '=""'), _call("prefix", _SIGN, "utf8"), _call("regex_extract", "utf8", _PATTERN),
        _call("regex_replace", "utf8", _PATTERN, _one_of(["", "-", "<\\\\0>", "\\\\0\\\\0"])),
        _call("lookup", "list<utf8>", "list<utf8>", "utf8"),
    ],
    "list<int64>": [
        _call("hour", "list<int64>"), _call("iso_time", "list<utf8>"), _call("farm_mod", "list<utf8>", _SIZE),
        _call("murmur_bucket", "list<utf8>", _SIZE), _call("vocab_index", _VOCABULARY, "list<utf8>", _SIZE),
        _call("within", "list<int64>", _SIZE), _call("lookup", "list<utf8>", "list<int64>", "list<utf8>"),
        _call("days_between", "int64", "list<int64>"),
    ],
    "list<utf8>": [
        _call("tokenise", "utf8", _one_of([" |", "ä", "a日"])), _call("kv_keys", _MAP, _SEPARATOR, _SIGN),
        _call("kv_values", _MAP, _SEPARATOR, _SIGN),
        _call("match", _MAP, "utf8", "utf8"), _call("match", _MAP, '="*"', "utf8"), _call("match", _MAP, "utf8", '="*"'),
        _call("prefix", _SIGN, "list<utf8>"), _call("regex_extract", "list<utf8>", _PATTERN),
        _call("substring", "list<utf8>", "int64", _SIZE),
    ],
}  # fmt: skip
