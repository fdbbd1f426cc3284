"""The one rule that says which partition a run makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import DAG, CronPartitionTimetable
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.partition import RunPartition, run_partition

NIGHT = dt.datetime(2000, 11, 24, 0, 0, tzinfo=dt.UTC)

# From the last that is asked to the first; each names another day, so that the answer tells which was taken.
SOURCES: list[tuple[str, dict[str, Any]]] = [
    ("2000-11-24", {"logical_date": NIGHT}),
    ("2000-11-23", {"data_interval_start": NIGHT - dt.timedelta(days=1), "data_interval_end": NIGHT}),
    ("2000-11-22", {"partition_key": "2000-11-22"}),
    ("2000-11-21", {"partition_date": dt.datetime(2000, 11, 21, tzinfo=dt.UTC)}),
]


def context(params: dict[str, Any] | None = None, **run: Any) -> dict[str, Any]:
    return {"params": params or {}, "dag_run": SimpleNamespace(**run)}


@pytest.mark.parametrize("count", range(1, len(SOURCES) + 1))
def test_each_source_goes_before_those_after_it(count: int) -> None:
    run = {name: value for _, fields in SOURCES[:count] for name, value in fields.items()}
    assert str(run_partition(context(**run))) == f"dt={SOURCES[count - 1][0]}"


def test_the_param_goes_before_all() -> None:
    run = {name: value for _, fields in SOURCES for name, value in fields.items()}
    assert str(run_partition(context({"partition": "2000-11-20"}, **run))) == "dt=2000-11-20"


def test_an_empty_data_interval_says_nothing() -> None:
    run = {"data_interval_start": NIGHT - dt.timedelta(days=1), "data_interval_end": NIGHT - dt.timedelta(days=1), "logical_date": NIGHT}
    assert run_partition(context(None, **run)).date == dt.date(2000, 11, 24)


@pytest.mark.parametrize(
    "spelling",
    [
        "2000-11-20",
        "dt=2000-11-20",
        "2000-11-20T00:00:00",
        "2000-11-20T13:05:00+00:00",
        dt.date(2000, 11, 20),
        dt.datetime(2000, 11, 20, 23, 59),
        dt.datetime(2000, 11, 21, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=8))),
    ],
)
def test_a_day_has_one_canonical_spelling(spelling: Any) -> None:
    assert str(run_partition(context(partition_key=spelling))) == "dt=2000-11-20"


SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = dt.datetime(2000, 11, 19, 16, tzinfo=dt.UTC)  # 2000-11-20T00:00+08:00


def cron_in_shanghai() -> DAG:
    daily = CronPartitionTimetable("0 0 * * *", timezone="Asia/Shanghai", key_format="%Y-%m-%d")
    return DAG("by_timetable", schedule=daily, start_date=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))


def starting_in_shanghai() -> DAG:
    return DAG("by_start_date", schedule=None, start_date=dt.datetime(2000, 1, 1, tzinfo=SHANGHAI))


@pytest.mark.parametrize("dag", [cron_in_shanghai, starting_in_shanghai])
@pytest.mark.parametrize(
    "run",
    [
        {"partition_date": MIDNIGHT, "partition_key": "2000-11-20"},
        {"data_interval_start": MIDNIGHT, "data_interval_end": MIDNIGHT + dt.timedelta(days=1)},
        {"logical_date": MIDNIGHT},
    ],
)
def test_an_instant_is_a_day_where_the_dag_is(dag: Callable[[], DAG], run: dict[str, Any]) -> None:
    assert str(run_partition({**context(**run), "dag": dag()})) == "dt=2000-11-20"


def test_a_written_day_is_taken_as_written() -> None:
    spelled = {**context(partition_key="2000-11-20T23:00:00+00:00"), "dag": cron_in_shanghai()}
    assert str(run_partition(spelled)) == "dt=2000-11-20"


def test_a_key_that_is_no_date_is_refused_with_its_source() -> None:
    sentence = r"partition 'yesterday' \(from its Param 'partition'\) is not a date: write it YYYY-MM-DD"
    with pytest.raises(AirflowFailException, match=sentence):
        run_partition(context({"partition": "yesterday"}))


def test_a_run_without_any_says_what_to_do() -> None:
    with pytest.raises(AirflowFailException, match=r"no partition: start it with the Param partition=YYYY-MM-DD"):
        run_partition({"dag_run": SimpleNamespace()})


def test_partitions_are_ordered_by_day() -> None:
    assert RunPartition(dt.date(2000, 9, 30)) < RunPartition(dt.date(2000, 10, 1))
