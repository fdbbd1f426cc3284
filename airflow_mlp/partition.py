"""Which partition a run makes. One rule for scheduled, backfilled, manual, tested and asset-triggered runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True, order=True)
class RunPartition:
    """The day that a run makes. `str()` gives its canonical spelling, `dt=2000-11-20`."""

    date: dt.date

    def __str__(self) -> str:
        return f"dt={self.date.isoformat()}"


def run_partition(context: Context | Mapping[str, Any]) -> RunPartition:
    """The partition of the run in `context`.

    Looked for in this order: Param `partition`, the run's partition date, its partition key, the start of its data
    interval where that is not empty, its logical date. An instant is taken as its day in the time zone of the Dag's timetable, or of
    the Dag where that has none (UTC without a Dag); a text's day is the one written. Raises AirflowFailException if none of them says.
    """
    params = context.get("params") or {}
    run = context.get("dag_run")
    for source, value in (
        ("Param 'partition'", params.get("partition")),
        ("partition_date", getattr(run, "partition_date", None)),
        ("partition_key", getattr(run, "partition_key", None)),
        ("data interval", _interval_start(run)),
        ("logical_date", getattr(run, "logical_date", None)),
    ):
        if value:
            return RunPartition(_day(value, source, _zone(context.get("dag"))))
    raise AirflowFailException(
        "this run has no partition: start it with the Param partition=YYYY-MM-DD, or give its Dag a schedule with partitions"
    )


def _interval_start(run: Any) -> dt.datetime | None:
    start, end = getattr(run, "data_interval_start", None), getattr(run, "data_interval_end", None)
    return start if start and end and start < end else None


def _zone(dag: Any) -> dt.tzinfo:
    # A timetable's zone is not always its Dag's, which follows from the start date.
    zone = getattr(getattr(dag, "timetable", None), "timezone", None) or getattr(dag, "timezone", None) or dt.UTC
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def _day(value: Any, source: str, zone: dt.tzinfo) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.astimezone(zone).date() if value.tzinfo else value.date()
    if isinstance(value, dt.date):
        return value
    text = str(value).removeprefix("dt=")
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        raise AirflowFailException(f"the run's partition {value!r} (from its {source}) is not a date: write it YYYY-MM-DD") from None
