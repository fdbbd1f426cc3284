"""Which data the demo takes: what is there, what was asked for, and synthetic data where no index can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_mlp.demo import data, movielens, synthetic
from airflow_mlp.demo.tables import Tables

RATINGS = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1193\t5\t978300760\n1\t661\t3\t978302109\n"
USERS = "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n1\t1\tF\t10\t48067\n"
ITEMS = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tgenre:token_seq\n"
    "1193\tOne Flew Over the Cuckoo's Nest\t1975\tDrama\n661\tJames \"and\" the Giant Peach\t1996\tAnimation Children's Musical\n"
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLP_HOME", str(tmp_path))
    monkeypatch.delenv("MLP_WAREHOUSE", raising=False)
    small = synthetic.make(users=20, items=10, rows_per_day=5)
    monkeypatch.setattr(synthetic, "make", lambda: small)
    return tmp_path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(cache: Path) -> Path:
        raise movielens.NoNetwork("no route to host")

    monkeypatch.setattr(movielens, "fetch", fetch)


def read_small(folder: Path) -> Tables:
    for name, text in (("ml-1m.inter", RATINGS), ("ml-1m.user", USERS), ("ml-1m.item", ITEMS)):
        (folder / name).write_text(text, encoding="utf-8")
    return movielens.read(folder)


def test_without_a_network_synthetic_data_stand_in_and_it_says_so(no_network: None) -> None:
    said: list[str] = []
    assert data.prepare(None, said.append) == "synthetic"
    assert said[-1] == "MovieLens-1M cannot be fetched (no route to host); going on with synthetic data"


def test_who_asks_for_the_real_data_gets_an_error_instead(no_network: None) -> None:
    with pytest.raises(data.DataError, match=r"cannot be fetched \(no route to host\): try --data synthetic"):
        data.prepare("movielens-1m", print)


def test_what_is_there_is_taken(no_network: None) -> None:
    data.prepare("synthetic", print)
    said: list[str] = []
    assert data.prepare(None, said.append) == "synthetic"
    assert said == []


def test_other_data_in_the_warehouse_are_not_overwritten() -> None:
    data.prepare("synthetic", print)
    with pytest.raises(data.DataError, match=r"holds synthetic: remove it with `mlp clean`, or set MLP_HOME"):
        data.prepare("movielens-1m", print)


def test_the_files_of_movielens_are_read(tmp_path: Path) -> None:
    read = read_small(tmp_path)
    assert read.behaviour.to_pylist()[0] == {"user_id": "1", "item_id": "1193", "rating": 5, "timestamp": 978300760}
    assert read.user_profile.to_pylist() == [{"user_id": "1", "gender": "F", "age": 1, "occupation": 10, "zip": "48067"}]
    assert read.item_profile.to_pylist()[1] == {
        "item_id": "661",
        "title": 'James "and" the Giant Peach',
        "year": 1996,
        "genres": "Animation|Children's|Musical",
    }


def test_dates_that_the_data_can_make_pass() -> None:
    data.prepare("synthetic", print)
    data.check_dates(["2000-10-30", "2000-11-30"])


@pytest.mark.parametrize("date", ["2000-10-29", "2000-12-01", "2026-01-01"])
def test_other_dates_are_told_with_the_range_of_those_that_can(date: str) -> None:
    data.prepare("synthetic", print)
    with pytest.raises(data.DataError, match=rf"^{date} cannot be made: .* choose days from 2000-10-30 to 2000-11-30$"):
        data.check_dates(["2000-11-20", date])


def test_data_of_a_few_days_can_make_no_date(own_home: Path) -> None:
    (own_home / "warehouse" / "behaviour" / "dt=2000-11-20").mkdir(parents=True)
    with pytest.raises(data.DataError, match="has no 91 days in a row"):
        data.check_dates(["2000-11-20"])


def test_the_days_are_those_that_the_dag_waits_for() -> None:
    from dags_examples.movielens_daily import WINDOW

    assert (WINDOW["start"], WINDOW["end"]) == (-data.HISTORY, 0)
