"""The demo's Airflow is its own, whatever Airflow the caller has set up; and the home is marked as ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_mlp.demo import environment
from mlp_core import home


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_settings_of_another_airflow_stay_outside(place: Path) -> None:
    kept = {
        "AIRFLOW_CONN_LAKE": "s3://",
        "AIRFLOW_VAR_TEAM": "ranking",
        "AIRFLOW__MLP__WAREHOUSE": "s3://lake/tables",
        "LANG": "C.UTF-8",
    }
    dropped = {
        "AIRFLOW_CONFIG": "/etc/airflow.cfg",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://production",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    }
    other = {"PATH": "/bin", "AIRFLOW_HOME": "/opt/airflow", "AIRFLOW__CORE__LOAD_EXAMPLES": "True"}
    env = environment.airflow_environment({**kept, **dropped, **other})
    assert kept.items() <= env.items()
    assert not dropped.keys() & env.keys()
    # An environment that is not activated finds the program `airflow` all the same.
    assert env["PATH"] == f"{Path(sys.executable).parent}:/bin"
    assert env["AIRFLOW_HOME"] == str(place / "airflow")
    assert env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_a_database_that_cannot_be_made_is_told_with_its_log(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: subprocess.CompletedProcess([], 1))
    with pytest.raises(environment.MigrationFailed, match=rf"exit code 1; see {place}/logs/airflow-db.log"):
        environment.migrate({})


def test_a_new_home_is_marked_and_stays_so(place: Path) -> None:
    assert home.make_home() == place
    (place / "airflow").mkdir()
    home.make_home()
    assert home.is_ours(place)


def test_a_folder_with_something_in_it_is_not_ours(place: Path) -> None:
    (place / "artifacts").mkdir(parents=True)
    home.make_home()
    assert not home.is_ours(place)


def test_a_home_behind_a_link_is_marked_where_it_lies(place: Path, tmp_path: Path) -> None:
    place.symlink_to(tmp_path / "elsewhere")
    assert home.make_home() == tmp_path / "elsewhere"
    assert home.is_ours(tmp_path / "elsewhere")
