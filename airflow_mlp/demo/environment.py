"""The environment in which Airflow runs on this machine: its home, its Dags and its tables all below one folder."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from mlp_core.home import home

# What an Airflow of the caller's may pass on to ours: the platform's own settings. (Connections and variables have other prefixes.)
_SHARED = "AIRFLOW__MLP__"


class MigrationFailed(RuntimeError):
    """Airflow's database could not be made; the message names the log."""


def dags_folder() -> Path:
    """The folder of the example Dags, as installed."""
    spec = find_spec("dags_examples")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def airflow_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment variables for an Airflow of this machine's home, whatever other Airflow the caller may have set up.

    Of the caller's Airflow stay its connections (`AIRFLOW_CONN_*`), its variables (`AIRFLOW_VAR_*`) and the section `[mlp]`.
    """
    place = home()
    ours = {
        "MLP_HOME": str(place),
        # `airflow standalone` starts its parts by the name `airflow`; the environment need not be activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), (os.environ if base is None else base).get("PATH", os.defpath)]),
        "AIRFLOW_HOME": str(place / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(place / "logs" / "airflow"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(place / "logs" / "airflow" / "dag_processor"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
    }
    given = os.environ if base is None else base
    return {name: value for name, value in given.items() if not _is_of_another(name)} | ours


def _is_of_another(name: str) -> bool:
    return name == "AIRFLOW_CONFIG" or (name.startswith("AIRFLOW__") and not name.startswith(_SHARED))


def ui_environment(port: int) -> dict[str, str]:
    """Variables for an Airflow whose UI and API listen on `port` of loopback."""
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
    }


def ensure_password(airflow_home: Path) -> str:
    """The password of the user admin, made at first use where Airflow's simple auth manager looks for it."""
    path = airflow_home / "simple_auth_manager_passwords.json.generated"
    known: dict[str, str] = json.loads(path.read_text() or "{}") if path.exists() else {}
    if "admin" not in known:
        known["admin"] = secrets.token_urlsafe(12)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(known))
    return known["admin"]


def migrate(env: Mapping[str, str]) -> None:
    """Make or upgrade Airflow's database, once per version of Airflow. Its lines go to `logs/airflow-db.log`. Raises MigrationFailed."""
    done_before = home() / "airflow" / f"migrated-to-{version('apache-airflow-core')}"
    if done_before.exists():
        return
    log = home() / "logs" / "airflow-db.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as sink:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"], env=dict(env), stdout=sink, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise MigrationFailed(f"airflow db migrate failed with exit code {done.returncode}; see {log}")
    done_before.touch()
