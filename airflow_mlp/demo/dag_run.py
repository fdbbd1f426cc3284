"""Runs a Dag for some dates in this process, one after the other, and tells on stdout how each task goes.

`python -m airflow_mlp.demo.dag_run DAG_MODULE CONF_JSON DATE…`. Lines that begin with EVENT hold one JSON object each, all
others are Airflow's log. The last event of a date is its run's report.
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


def main(module: str, conf: str, *dates: str) -> int:
    """Run the Dag in `module` for each of `dates` as partition; returns 0 if all runs succeeded."""
    from airflow.sdk.listener import get_listener_manager

    from airflow_mlp.demo import listener
    from airflow_mlp.demo.report import report_run

    dag = import_module(module).dag
    get_listener_manager().add_listener(listener)  # type: ignore[no-untyped-call]
    states = []
    for date in dates:
        tell({"event": "begin", "date": date, "tasks": len(dag.tasks)})
        logical_date = dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), dt.UTC)
        run = dag.test(logical_date=logical_date, run_conf=json.loads(conf))
        _start_when_it_started(run)
        tell({"event": "report", "date": date, "report": report_run(run)})
        states.append(run.state)
    return 0 if all(state == "success" for state in states) else 1


def _start_when_it_started(run: Any) -> None:
    """Let the run begin with its first task: `dag.test` takes its logical date, and the UI would show a run of years."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    started = [ti.start_date for ti in run.get_task_instances() if ti.start_date]
    with create_session() as session:
        stored = session.get(DagRun, run.id)
        if stored is not None and started:
            stored.start_date = min(started)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
