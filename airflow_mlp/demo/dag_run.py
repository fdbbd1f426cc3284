"""Runs a Dag for one date in this process, and tells on stdout how each task goes.

`python -m airflow_mlp.demo.dag_run DAG_MODULE DATE CONF_JSON`. Lines that begin with EVENT hold one JSON object each, all
others are Airflow's log. The last event is the run's report.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from importlib import import_module
from typing import Any

EVENT = "::mlp:: "


def tell(event: dict[str, Any]) -> None:
    """Print one event for the process that watches."""
    print(EVENT + json.dumps(event), flush=True)


def main(module: str, date: str, conf: str) -> int:
    """Run the Dag in `module` for the partition `date`; 0 if the run succeeded."""
    from airflow.sdk.listener import get_listener_manager

    from airflow_mlp.demo import listener
    from airflow_mlp.demo.report import report_run

    dag = import_module(module).dag
    tell({"event": "tasks", "tasks": [task.task_id for task in dag.topological_sort()]})
    get_listener_manager().add_listener(listener)  # type: ignore[no-untyped-call]
    logical_date = dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), dt.UTC)
    run = dag.test(logical_date=logical_date, run_conf=json.loads(conf))
    tell({"event": "report", "report": report_run(run)})
    return 0 if run.state == "success" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
