"""`mlp demo`: the main job, end to end, on this machine."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from airflow_mlp.commands.terminal import styled_console
from airflow_mlp.demo import data, environment, prerequisites, running, serving, summary
from airflow_mlp.launchers.base import JobFailed, LauncherError
from airflow_mlp.launchers.class_archive import make_class_archive
from airflow_mlp.triton import environment as model_environment
from airflow_mlp.triton import server
from airflow_mlp.triton.errors import BuildError, ServerError, TritonError
from airflow_mlp.triton.local import LocalTriton, ensure
from mlp_core.home import home, make_home

MODEL = "ctr"
_ERRORS = (
    prerequisites.Missing,
    data.DataError,
    environment.MigrationFailed,
    running.RunFailed,
    LauncherError,
    TritonError,
)
_DATES = ("2000-11-20", "2000-11-21")


@click.command()
@click.option("--date", "dates", multiple=True, default=_DATES, show_default=True, help="A day to make; may be given again.")
@click.option("--data", "wanted", type=click.Choice(data.NAMES), help="Input; MovieLens-1M unless it cannot be fetched.")
@click.option("--report", "report_path", type=click.Path(path_type=Path), help="Where to write the report.  [default: .mlp/report.json]")
@click.option("--keep-serving", is_flag=True, help="Leave Triton running at the end.")
def demo(dates: tuple[str, ...], wanted: str | None, report_path: Path | None, keep_serving: bool) -> None:
    """Run the main job for some dates and show what it made.

    Tables are loaded, an Airflow Dag waits for them, labels, joins and transforms them, trains a model, judges it and
    deploys it to Triton; then one real request is scored. A second call reuses what the first has made.
    """
    console = styled_console()
    started = time.monotonic()
    days = [_day(date) for date in dates]
    try:
        report, answered = _run(days, wanted, console, keep_serving=keep_serving)
    except _ERRORS as error:
        raise click.ClickException(str(error)) from error
    report["seconds"] = round(time.monotonic() - started, 2)
    path = report_path or home() / "report.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    summary.show(report, console, report_path=str(path), left_running=server.status(home()).state == "running")
    if not answered or any(run["state"] != "success" for run in report["dates"].values()):
        raise SystemExit(1)


def _run(days: list[str], wanted: str | None, console: Console, *, keep_serving: bool) -> tuple[dict[str, Any], bool]:
    """The report, and False if the model that serves could not be asked."""

    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True, markup=False, emoji=False)

    prerequisites.check(say)
    make_home()
    name = data.prepare(wanted, say)
    data.check_dates(days)
    say(f"data: {name}; everything is made below {home()}")
    env = environment.airflow_environment()
    with console.status("preparing Airflow's database"):
        environment.migrate(env)
    with console.status("preparing Spark, once"):
        _quicken_spark(say)
    keep = keep_serving or server.status(home()).state == "running"
    _serve(console, say, keep=keep)
    try:
        report: dict[str, Any] = {"data": name}
        report["dates"] = running.run_dates(days, {"fail_stats": True}, env, home() / "logs" / "demo.log")
        try:
            # The runs may have taken long, and the server may have been stopped or started anew meanwhile.
            return report | _ask(_serve(console, say, keep=keep), days[-1]), True
        except TritonError as error:
            say(f"warning: the model that serves could not be asked, so the report has no answer of it: {error}")
            return report, False
    finally:
        if not keep:
            _stop(say)


def _quicken_spark(say: data.Say) -> None:
    try:
        make_class_archive()
    except JobFailed as error:
        say(f"no archive of Spark's classes was made, so its jobs start slower: {error}")


def _serve(console: Console, say: data.Say, *, keep: bool) -> LocalTriton:
    if not any((home() / "envs").glob("triton-*")):
        say(f"building Triton's model environment, once: {model_environment.DOWNLOAD}")
    with console.status("preparing Triton"):
        try:
            # A server that is to end with the demo is its child, so that it ends however the demo does.
            return ensure(home(), child=not keep)
        except BuildError as error:
            raise BuildError(f"the first run needs the package index for Triton's model environment: {error}") from error


def _ask(local: LocalTriton, date: str) -> dict[str, Any]:
    """The part `serving` of the report, if a model serves."""
    champion = local.repository.model(MODEL).pointer.champion
    if champion is None:
        return {}
    with local.client() as client:
        return {"serving": serving.ask(client, MODEL, champion.version, date)}


def _stop(say: data.Say) -> None:
    try:
        server.stop(home())
    except ServerError as error:
        say(f"warning: {error}")


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date like 2000-11-20", param_hint="--date") from None
