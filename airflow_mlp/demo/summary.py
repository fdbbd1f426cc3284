"""The demo's last screen: what was made, how good it is, what serves, and where to look next."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlp_core.home import home

_COLOURS = {"success": "green", "reused": "cyan", "failed": "red", "skipped": "magenta"}


def show(report: dict[str, Any], console: Console, *, report_path: str, left_running: bool) -> None:
    """Print `report` for a person."""
    for date, run in report["dates"].items():
        console.print(_steps(date, run))
    console.print(_quality(report))
    reused = _reused(report)
    if reused:
        console.print(reused)
    serving = report.get("serving")
    if serving:
        console.print(_answers(serving))
    console.print(Text(f"{report['seconds']:.0f} seconds on {report['data']}; the same as JSON: {report_path}"))
    server = "is still running (mlp serve stop ends it)" if left_running else "was stopped (mlp serve start starts it)"
    console.print(f"Triton {server}. Next: [bold]mlp ui[/] shows the Dag and its runs, [bold]mlp artifacts ls[/] what they made,")
    console.print(Text(f"dags_examples/movielens_daily.py is the Dag to copy; logs are in {home() / 'logs'}."), soft_wrap=True)


def _steps(date: str, run: dict[str, Any]) -> Table:
    table = Table(title=f"{date}: {run['state']}", title_justify="left")
    for name in ("step", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("rows in", "rows out", "seconds", "days made", "days reused"):
        table.add_column(name, justify="right")
    for task, step in run["steps"].items():
        partitions = step.get("partitions", {})
        state = "reused" if step["reused"] else step["state"]
        table.add_row(
            task,
            Text(state, _COLOURS.get(state, "white")),
            _number(step["rows_in"]),
            _number(step["rows"]),
            f"{step['seconds']:.1f}",
            _number(partitions.get("made")),
            _number(partitions.get("reused")),
        )
    return table


def _quality(report: dict[str, Any]) -> Table:
    table = Table(title="models", title_justify="left")
    table.add_column("date", no_wrap=True)
    for name in ("AUC", "GAUC", "logloss", "calibration", "train rows", "test rows", "promoted", "version"):
        table.add_column(name, justify="right", min_width=6)
    for date, run in report["dates"].items():
        measures = [run[name] for name in ("auc", "gauc", "logloss", "calibration")]
        promoted = {True: "yes", False: "no", None: ""}[run["promoted"]]
        sizes = (_number(run["train_rows"]), _number(run["test_rows"]))
        table.add_row(date, *(_measure(value) for value in measures), *sizes, promoted, run["model_version"] or "")
    return table


def _answers(serving: dict[str, Any]) -> Table:
    request = serving["request"]
    title = (
        f"{serving['model']} version {serving['version']} serves; the best of {request['items']:,} for user {request['user_id']}"
    )
    table = Table("title", "score", title=Text(title, "table.title"), title_justify="left")
    for item in serving["top"]:
        table.add_row(Text(item["title"]), f"{item['score']:.4f}")
    return table


def _reused(report: dict[str, Any]) -> str:
    steps = [step for run in report["dates"].values() for step in run["steps"].values() if step["artifact"]]
    reused = sum(step["reused"] for step in steps)
    return f"{reused} of {len(steps)} steps that make an artifact were reused from before" if reused else ""


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _measure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
