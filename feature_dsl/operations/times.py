"""Times from texts and from other units, and the time between two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.dates import DAY, MOST_OFFSET
from feature_dsl.operations.rules import constant_int, count, fixed, in_range
from feature_dsl.operations.texts import constant_text
from feature_dsl.timeformat import DIRECTIVES, FormatProblem, read_format
from feature_dsl.types import INT, TEXT, Value

_KERNELS = "feature_dsl.kernels.times"
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?)?",
    re.ASCII,
)
_START = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLE_YEARS, _CYCLE_SECONDS = 400, 146_097 * DAY


def _parse_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2, 3)
    try:
        read_format(constant_text(arguments, 1, "the format"))
    except FormatProblem as problem:
        raise TypeProblem(str(problem), 1) from None
    _check_offset(arguments, 2)
    return Signature((TEXT, TEXT, INT)[: len(arguments)], INT)


def _iso_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1, 2)
    _check_offset(arguments, 1)
    return Signature((TEXT, INT)[: len(arguments)], INT)


def _check_offset(arguments: Sequence[Argument], index: int) -> None:
    if len(arguments) > index:
        constant_int(arguments, index, "the offset in minutes", -MOST_OFFSET, MOST_OFFSET)


def _seconds(year: int, *rest: int) -> int | None:
    """Seconds since 1970 of a year, month, day, hour, minute, second; None where there is no such time."""
    cycles = (year - 2000) // _CYCLE_YEARS
    try:
        found = datetime(year - cycles * _CYCLE_YEARS, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return (found - _START) // timedelta(seconds=1) + cycles * _CYCLE_SECONDS


def _parse(value: str | None, pattern: str, offset: int = 0) -> Value:
    pieces = read_format(pattern)
    expression = "".join(f"(?P<{p[1]}>[0-9]{{{DIRECTIVES[p[1]]}}})" if len(p) == 2 else re.escape(p) for p in pieces)
    found = re.fullmatch(expression, value or "", re.ASCII)
    if found is None:
        return None
    read = {"m": 1, "d": 1, "H": 0, "M": 0, "S": 0, **{name: int(digits) for name, digits in found.groupdict().items()}}
    seconds = _seconds(*(read[name] for name in "YmdHMS"))
    return None if seconds is None else seconds - 60 * offset


def _iso(value: str | None, offset: int = 0) -> Value:
    found = _ISO.fullmatch(value or "")
    if found is None:
        return None
    seconds = _seconds(*(int(digits or 0) for digits in found.groups()[:6]))
    zulu, sign, hours, minutes = found.groups()[6:]
    if seconds is None:
        return None
    if zulu:
        return seconds
    if sign is None:
        return seconds - 60 * offset
    ahead = 60 * int(hours) + int(minutes)
    if int(minutes) > 59 or ahead > MOST_OFFSET:
        return None
    return seconds - 60 * (ahead if sign == "+" else -ahead)


def _from_millis(value: int | None) -> Value:
    return None if value is None else value // 1_000


def _days_between(start: int | None, end: int | None) -> Value:
    if start is None or end is None or in_range(end - start) is None:
        return None
    return (end - start) // DAY


_NOTES = (
    "Anything else than such a text, and a date or a time of day that does not exist (a second 60 too), is missing.",
    "The last argument, which may be left out, is a constant: minutes by which the clocks there are ahead of UTC.",
)
register(
    Operation(
        "parse_time", 1, _parse_rule, _parse, f"{_KERNELS}:parse_time",
        "The time that a text tells in a constant format of %Y (four digits), %m %d %H %M %S (two digits each) and other characters.",
        (('parse_time("1970-01-02", "%Y-%m-%d")', "86400"), ('parse_time("20261120 083000", "%Y%m%d %H%M%S")', "1795163400"),
         ('parse_time("2026-02-30", "%Y-%m-%d")', "missing"), ('parse_time("1970-01-01 08", "%Y-%m-%d %H", 480)', "0")),
        "dates", prepare=f"{_KERNELS}:of_parse_time", lifts=(0,),
        signature="x: utf8, format: constant utf8, offset: constant int64 = 0 → int64",
        notes=("What the format leaves out is the first month, the first day, midnight; %Y has to be there; none stands twice.", *_NOTES),
    )
)  # fmt: skip
register(
    Operation(
        "iso_time", 1, _iso_rule, _iso, f"{_KERNELS}:iso_time",
        "The time of an ISO 8601 text: a date, or a date, T or a blank, hours and minutes, seconds or none, and Z or an offset or none.",
        (('iso_time("1970-01-02")', "86400"), ('iso_time("2026-11-20T08:30:00Z")', "1795163400"),
         ('iso_time("2026-11-20 08:30:00.5+08:00")', "1795134600"), ('iso_time("20.11.2026")', "missing")),
        "dates", lifts=(0,), signature="x: utf8, offset: constant int64 = 0 → int64",
        notes=("A fraction of a second (1 to 9 digits) is cut off.", "The text's own offset goes before the argument's.", *_NOTES),
    )
)  # fmt: skip
register(
    Operation(
        "from_millis", 1, fixed(INT, result=INT), _from_millis, f"{_KERNELS}:from_millis", "Milliseconds as seconds, rounded down.",
        (("from_millis(1999)", "1"), ("from_millis(-1)", "-1")), "dates", lifts=(0,), signature="x: int64 → int64",
    )
)  # fmt: skip
register(
    Operation(
        "days_between", 1, fixed(INT, INT, result=INT), _days_between, f"{_KERNELS}:days_between",
        "Whole days of 86,400 seconds from the first time to the second, rounded down: an age in days.",
        (("days_between(0, 172799)", "1"), ("days_between(1, 0)", "-1"), ('days_between(0, "")', "missing")), "dates", lifts=(0, 1),
        signature="from: int64, to: int64 → int64", notes=("A difference that does not fit in 64 bits is missing.",),
    )
)  # fmt: skip
