"""Parts of dates: a time is seconds since 1970-01-01T00:00:00 UTC, an int64; the calendar is the Gregorian one at all times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import constant_int, count, in_range
from feature_dsl.types import BOOL, INT, Type, Value

_KERNELS = "feature_dsl.kernels.dates"
DAY = 86_400
MOST_OFFSET = 1_080
_CYCLE_DAYS, _CYCLE_YEARS = 146_097, 400
_FIRST = date(1970, 1, 1)


def time_rule(result: Type) -> Callable[[Sequence[Argument]], Signature]:
    """A time and, where it is wanted, the offset of its clocks."""

    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 1, 2)
        if not arguments[0].is_missing and arguments[0].type != INT:
            raise TypeProblem(f"wants seconds since 1970 as int64, not {arguments[0].type}", 0, "parse_time() or iso_time() reads a text")
        if len(arguments) == 2:
            constant_int(arguments, 1, "the offset in minutes", -MOST_OFFSET, MOST_OFFSET)
        return Signature((INT,) * len(arguments), result)

    return rule


def local(seconds: int | None, offset: int) -> int | None:
    """What a clock shows that is ahead of UTC by ``offset`` minutes, as seconds; missing where it does not fit in 64 bits."""
    return None if seconds is None else in_range(seconds + 60 * offset)


def calendar(seconds: int) -> tuple[int, date]:
    """The year, and a day of a year with the same calendar, that ``datetime`` can represent: the calendar repeats every 400 years."""
    cycles, days = divmod(seconds // DAY, _CYCLE_DAYS)
    found = _FIRST + timedelta(days=days)
    return found.year + _CYCLE_YEARS * cycles, found


def _part(function: Callable[[int], Value]) -> Callable[..., Value]:
    def meaning(seconds: int | None, offset: int = 0) -> Value:
        shown = local(seconds, offset)
        return None if shown is None else function(shown)

    return meaning


def _weekend(seconds: int | None, offset: int = 0) -> bool:
    shown = local(seconds, offset)
    return shown is not None and calendar(shown)[1].weekday() >= 5


_PARTS: tuple[tuple[str, Callable[[int], Value], str, Bounds | None, tuple[tuple[str, str], ...]], ...] = (
    ("second", lambda s: s % 60, "Seconds after the full minute.", (0, 59), (("second(61)", "1"),)),
    ("minute", lambda s: s // 60 % 60, "Minutes after the full hour.", (0, 59), (("minute(3720)", "2"),)),
    ("hour", lambda s: s // 3_600 % 24, "The hour, 0 to 23.", (0, 23), (("hour(0)", "0"), ("hour(0, 480)", "8"), ("hour(-1)", "23"))),
    ("weekday", lambda s: calendar(s)[1].weekday(), "The day of the week: Monday 0 to Sunday 6.", (0, 6),
     (("weekday(0)", "3"), ("weekday(-1)", "2"))),
    ("day", lambda s: calendar(s)[1].day, "The day of the month, from 1.", (1, 31), (("day(86400)", "2"),)),
    ("day_of_year", lambda s: calendar(s)[1].timetuple().tm_yday, "The day of the year, from 1.", (1, 366),
     (("day_of_year(-86400)", "365"),)),
    ("month", lambda s: calendar(s)[1].month, "The month, from 1.", (1, 12), (("month(0)", "1"), ("month(-1)", "12"))),
    ("year", lambda s: calendar(s)[0], "The year.", None, (("year(0)", "1970"), ("year(-1)", "1969"), ("year(1795180800)", "2026"))),
)  # fmt: skip
for _name, _function, _doc, _bounds, _examples in _PARTS:
    register(
        Operation(
            _name, 1, time_rule(INT), _part(_function), f"{_KERNELS}:{_name}", _doc, _examples, "dates", lifts=(0,),
            bounds=lambda _, found=_bounds: found,  # type: ignore[misc]
            signature="time: int64, offset: constant int64 = 0 → int64",
        )
    )  # fmt: skip
register(
    Operation(
        "is_weekend", 1, time_rule(BOOL), _weekend, f"{_KERNELS}:is_weekend", "Whether it is Saturday or Sunday; false of missing.",
        (("is_weekend(0)", "false"), ("is_weekend(172800)", "true"), ('is_weekend(int(""))', "false")), "dates", lifts=(0,),
        bounds=lambda _: (0, 1), signature="time: int64, offset: constant int64 = 0 → bool", total=True,
    )
)  # fmt: skip
