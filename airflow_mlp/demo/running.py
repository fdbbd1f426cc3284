"""Runs the main job for some dates in a child process and shows how it goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from airflow_mlp.demo.dag_run import EVENT
from airflow_mlp.launchers.child import Child

DAG_MODULE = "dags_examples.movielens_daily"


class RunFailed(Exception):
    """The Dag's process ended without its reports; the message names its log."""


@dataclass
class _Shown:
    """What the child has told so far, and the bar of the date that runs."""

    progress: Progress
    bars: dict[str, TaskID]
    now: str = ""
    ended: int = 0
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)


def run_dates(dates: Sequence[str], conf: Mapping[str, Any], env: Mapping[str, str], log: Path) -> dict[str, dict[str, Any]]:
    """Run the Dag for each of `dates`, its lines to the file `log`; returns the report of each. Raises RunFailed."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "airflow_mlp.demo.dag_run", DAG_MODULE, json.dumps(dict(conf)), *dates]
    with _new_progress() as progress, log.open("a", encoding="utf-8") as sink:
        shown = _Shown(progress, {date: progress.add_task(date, total=None, now="") for date in dates})

        def on_line(line: str) -> None:
            if line.startswith(EVENT):
                event = json.loads(line.removeprefix(EVENT))
                _SHOW.get(event["event"], _ended)(shown, event)
            else:
                print(line, file=sink, flush=True)

        ended = Child(command, env=env).run(on_line)
    if set(shown.reports) != set(dates):
        raise RunFailed(f"the run of {shown.now or dates[0]} ended with {ended.how} before its report; its log is {log}")
    return shown.reports


def _new_progress() -> Progress:
    """One line per date: how many tasks have ended, and which runs now."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", markup=False),
    )


def _begin(shown: _Shown, event: dict[str, Any]) -> None:
    shown.now, shown.ended = event["date"], 0
    shown.progress.reset(shown.bars[shown.now], total=event["tasks"])


def _running(shown: _Shown, event: dict[str, Any]) -> None:
    shown.progress.update(shown.bars[shown.now], now=event["task"])


def _ended(shown: _Shown, event: dict[str, Any]) -> None:
    shown.ended += 1
    shown.progress.update(shown.bars[shown.now], completed=shown.ended)
    if event["event"] == "failed":
        shown.progress.console.print(Text.assemble((f"  {event['task']} failed:", "yellow"), f" {event['error']}"))


def _report(shown: _Shown, event: dict[str, Any]) -> None:
    shown.reports[event["date"]] = event["report"]
    shown.progress.update(shown.bars[event["date"]], now=event["report"]["state"])
    shown.progress.stop_task(shown.bars[event["date"]])


_SHOW = {"begin": _begin, "running": _running, "report": _report}
