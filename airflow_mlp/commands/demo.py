"""`mlp demo`: the main job, end to end, on this machine."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from airflow_mlp.demo import data, environment, prerequisites, running, serving, summary
from airflow_mlp.launchers.class_archive import make_class_archive
from airflow_mlp.triton import environment as model_environment
from airflow_mlp.triton import server
from airflow_mlp.triton.errors import TritonError
from airflow_mlp.triton.local import LocalTriton, ensure
from mlp_core.home import home

MODEL = "ctr"
_DATES = ("2000-11-20", "2000-11-21")


@click.command()
@click.option("--date", "dates", multiple=True, default=_DATES, show_default=True, help="A day to make; may be given again.")
@click.option("--data", "wanted", type=click.Choice(data.NAMES), help="Input; MovieLens-1M unless there is no network.")
@click.option("--report", "report_path", type=click.Path(path_type=Path), help="Where to write the report.  [default: .mlp/report.json]")
@click.option("--keep-serving", is_flag=True, help="Leave Triton running at the end.")
def demo(dates: tuple[str, ...], wanted: str | None, report_path: Path | None, keep_serving: bool) -> None:
    """Run the main job for some dates and show what it made.

    Tables are loaded, an Airflow Dag waits for them, labels, joins and transforms them, trains a model, judges it and
    deploys it to Triton; then one real request is scored. A second call reuses what the first has made.
    """
    console = Console()
    started = time.monotonic()
    days = [_day(date) for date in dates]
    try:
        report = _run(days, wanted, console, keep_serving=keep_serving)
    except (prerequisites.Missing, data.DataError, running.RunFailed, TritonError) as error:
        raise click.ClickException(str(error)) from error
    report["seconds"] = round(time.monotonic() - started, 2)
    path = report_path or home() / "report.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    summary.show(report, console, report_path=str(path), left_running=server.status(home()).state == "running")
    if any(run["state"] != "success" for run in report["dates"].values()):
        raise SystemExit(1)


def _run(days: list[str], wanted: str | None, console: Console, *, keep_serving: bool) -> dict[str, Any]:
    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    prerequisites.check(say)
    name = data.prepare(wanted, say)
    say(f"data: {name}; everything is made below {home()}")
    env = environment.airflow_environment()
    with console.status("preparing Airflow's database"):
        environment.migrate(env)
    with console.status("preparing Spark, once"):
        make_class_archive()
    was_running = server.status(home()).state == "running"
    local = _serve(console, keep=keep_serving or was_running)
    try:
        runs = running.run_dates(days, {"fail_stats": True}, env, home() / "logs" / "demo.log")
        report: dict[str, Any] = {"data": name, "dates": runs}
        champion = local.repository.model(MODEL).pointer.champion
        if champion is not None:
            with local.client() as client:
                report["serving"] = serving.ask(client, MODEL, champion.version, days[-1])
        return report
    finally:
        if not (keep_serving or was_running):
            server.stop(home())


def _serve(console: Console, *, keep: bool) -> LocalTriton:
    if not any((home() / "envs").glob("triton-*")):
        console.print(f"building Triton's model environment, once: {model_environment.DOWNLOAD}", highlight=False, soft_wrap=True)
    with console.status("preparing Triton"):
        # A server that is to end with the demo is its child, so that it ends however the demo does.
        return ensure(home(), child=not keep)


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date like 2000-11-20", param_hint="--date") from None
