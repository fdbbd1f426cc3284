"""Runs the main job for one date in a child process and shows how it goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from airflow_mlp.demo.dag_run import EVENT
from airflow_mlp.launchers.child import Child

DAG_MODULE = "dags_examples.movielens_daily"


class RunFailed(Exception):
    """The Dag's process ended without a report; the message names its log."""


@dataclass
class _Watched:
    """What the child has told so far."""

    total: int | None = None
    ended: int = 0
    report: dict[str, Any] | None = None


def run_date(date: str, conf: Mapping[str, Any], env: Mapping[str, str], log: Path, progress: Progress) -> dict[str, Any]:
    """Run the Dag for the partition `date`, its lines to the file `log`; returns its report. Raises RunFailed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    bar, watched = progress.add_task(date, total=None, now="starting"), _Watched()
    with log.open("a", encoding="utf-8") as sink:

        def on_line(line: str) -> None:
            if line.startswith(EVENT):
                _follow(json.loads(line.removeprefix(EVENT)), watched, progress, bar)
            else:
                print(line, file=sink, flush=True)

        command = [sys.executable, "-m", "airflow_mlp.demo.dag_run", DAG_MODULE, date, json.dumps(dict(conf))]
        ended = Child(command, env=env).run(on_line)
    if watched.report is None:
        progress.update(bar, now="failed")
        raise RunFailed(f"the run of {date} ended with {ended.how} before its report; its log is {log}")
    progress.update(bar, now=watched.report["state"])
    return watched.report


def new_progress() -> Progress:
    """One line per date: how many tasks have ended, and which runs now."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    )


def _follow(event: dict[str, Any], watched: _Watched, progress: Progress, bar: Any) -> None:
    match event["event"]:
        case "tasks":
            watched.total = len(event["tasks"])
            progress.update(bar, total=watched.total)
        case "running":
            progress.update(bar, now=event["task"])
        case "report":
            watched.report = event["report"]
        case ended:
            watched.ended += 1
            progress.update(bar, completed=watched.ended)
            if ended == "failed":
                progress.console.print(f"  [yellow]{event['task']} failed:[/] {event['error']}", highlight=False)
