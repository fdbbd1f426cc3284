"""Kernels of parts of dates.

Days to dates and back by arithmetic on eras of 400 years that begin on 1 March: Howard Hinnant, "chrono-Compatible Low-Level Date
Algorithms" (howardhinnant.github.io/date_algorithms.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from feature_dsl.machine.compiled import Kernel, by_types
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.integers import add
from feature_dsl.machine.registers import inline

_DAY, _ERA, _SHIFT = 86_400, 146_097, 719_468


@inline
def civil(days: Any) -> Any:
    """Year, month and day of a number of days since 1970-01-01."""
    era = (days + _SHIFT) // _ERA
    of_era = days + _SHIFT - era * _ERA
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    from_march = (5 * of_year + 2) // 153
    month = from_march + 3 if from_march < 10 else from_march - 9
    return era * 400 + year + (1 if month <= 2 else 0), month, of_year - (153 * from_march + 2) // 5 + 1


@inline
def days_of(year: Any, month: Any, day: Any) -> Any:
    """Days from 1970-01-01 to a date."""
    year -= 1 if month <= 2 else 0
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * _ERA + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _SHIFT


@inline
def _second(time: Any) -> Any:
    return time % 60


@inline
def _minute(time: Any) -> Any:
    return time // 60 % 60


@inline
def _hour(time: Any) -> Any:
    return time // 3_600 % 24


@inline
def _weekday(time: Any) -> Any:
    return (time // _DAY + 3) % 7  # 1970-01-01 was a Thursday


@inline
def _day(time: Any) -> Any:
    return civil(time // _DAY)[2]


@inline
def _month(time: Any) -> Any:
    return civil(time // _DAY)[1]


@inline
def _year(time: Any) -> Any:
    return civil(time // _DAY)[0]


@inline
def _day_of_year(time: Any) -> Any:
    days = time // _DAY
    return days - days_of(civil(days)[0], 1, 1) + 1


def _part(function: Callable[..., Any], name: str) -> Kernel:
    """A part of a time by UTC, and by clocks ahead of it."""

    def shifted(time: Any, offset: Any) -> Any:
        shown, fits = add(time, 60 * offset)
        return function(shown), fits

    def plain(time: Any) -> Any:
        return function(time)

    return by_types(
        plain=elementwise(("int64",), "int64", name=name)(plain),
        shifted=elementwise(("int64", "int64"), "int64?", name=f"{name}_shifted")(shifted),
    )


second, minute, hour = _part(_second, "second"), _part(_minute, "minute"), _part(_hour, "hour")
weekday, day, day_of_year = _part(_weekday, "weekday"), _part(_day, "day"), _part(_day_of_year, "day_of_year")
month, year = _part(_month, "month"), _part(_year, "year")


@elementwise(("int64",), "bool", missing=False)
def _weekend(time: Any) -> Any:
    return _weekday(time) >= 5


@elementwise(("int64", "int64"), "bool", missing=False)
def _weekend_shifted(time: Any, offset: Any) -> Any:
    shown, fits = add(time, 60 * offset)
    return fits and _weekday(shown) >= 5


is_weekend = by_types(plain=_weekend, shifted=_weekend_shifted)
