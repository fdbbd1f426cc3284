"""The demo's tables in a warehouse: partitions by day, whole or not at all, and the same when they are loaded again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_mlp.demo import tables
from airflow_mlp.demo.tables import BEHAVIOUR, DAY, ITEM_PROFILE, USER_PROFILE, Tables, is_loaded, load

MIDNIGHT = 974_678_400  # 2000-11-20T00:00:00Z


@pytest.fixture
def small() -> Tables:
    times = [MIDNIGHT + DAY - 1, MIDNIGHT, MIDNIGHT - 1, MIDNIGHT + 3 * DAY]
    return Tables(
        behaviour=pa.table([["u1", "u2", "u3", "u1"], ["i1", "i1", "i2", "i2"], [5, 4, 3, 1], times], schema=BEHAVIOUR),
        user_profile=pa.table([["u1"], ["F"], [25], [3], ["94110"]], schema=USER_PROFILE),
        item_profile=pa.table([["i1"], ["Film (1995)"], [1995], ["Drama|War"]], schema=ITEM_PROFILE),
    )


def files(warehouse: Path) -> dict[str, tuple[int, bytes]]:
    """Modification time and content by relative path."""
    found = (path for path in warehouse.rglob("*") if path.is_file())
    return {path.relative_to(warehouse).as_posix(): (int(path.stat().st_mtime), path.read_bytes()) for path in found}


def test_behaviour_is_cut_by_utc_day(small: Tables) -> None:
    days = {date: rows["user_id"].to_pylist() for date, _, rows in small.days()}
    assert days == {"2000-11-19": ["u3"], "2000-11-20": ["u2", "u1"], "2000-11-23": ["u1"]}


def test_statistics_of_a_day_count_the_days_before(small: Tables) -> None:
    known = {date: rows.to_pylist() for date, _, rows in small.statistics()}
    assert known["2000-11-19"] == []
    # The rating of 2000-11-19 was a 3, which counts for nothing; the two of 2000-11-20 were both liked.
    assert known["2000-11-20"] == []
    assert known["2000-11-23"] == [{"item_id": "i1", "ratings": 2, "likes": 2}]


def test_the_tables_are_written(small: Tables, tmp_path: Path) -> None:
    assert load(small, tmp_path)
    assert is_loaded(tmp_path)
    assert sorted(files(tmp_path)) == [
        "behaviour/dt=2000-11-19/part-00000.parquet",
        "behaviour/dt=2000-11-20/part-00000.parquet",
        "behaviour/dt=2000-11-23/part-00000.parquet",
        "item_profile/part-00000.parquet",
        "item_statistics/dt=2000-11-19/part-00000.parquet",
        "item_statistics/dt=2000-11-20/part-00000.parquet",
        "item_statistics/dt=2000-11-23/part-00000.parquet",
        "user_profile/part-00000.parquet",
    ]
    day = pq.ParquetFile(tmp_path / "behaviour/dt=2000-11-20/part-00000.parquet").read()
    assert day.schema.equals(BEHAVIOUR)
    assert day.num_rows == 2


def test_a_second_load_changes_nothing(small: Tables, tmp_path: Path) -> None:
    load(small, tmp_path)
    before = files(tmp_path)
    assert not load(small, tmp_path)
    assert files(tmp_path) == before


def test_two_warehouses_are_the_same_to_a_reader(small: Tables, tmp_path: Path) -> None:
    load(small, tmp_path / "one")
    load(small, tmp_path / "other")
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_a_killed_load_leaves_no_half_table(small: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    written = 0

    def dies(*arguments: object, **named: object) -> None:
        nonlocal written
        written += 1
        if written == 2:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(tables.pq, "write_table", dies)
        patched.setattr(tables.os, "utime", lambda *arguments: None)
        load(small, tmp_path)
    assert not is_loaded(tmp_path)
    assert not (tmp_path / "behaviour").exists()
    assert load(small, tmp_path)
    assert is_loaded(tmp_path)
    assert not list(tmp_path.glob(".*")), "what the killed load has left is cleared"
