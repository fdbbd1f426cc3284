"""`mlp artifacts`: look at what steps have made."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.table import Table

from airflow_mlp.commands.terminal import plain_console
from airflow_mlp.launchers import workdir
from mlp_core.artifacts import Artifact, ArtifactError, prune, walk
from mlp_core.home import artifact_root

P = ParamSpec("P")
R = TypeVar("R")
_CELL = 40
# What says most of an artifact that has no rows.
_TELLING = ("report.json", "deployment.json")


def _clear_errors(command: Callable[P, R]) -> Callable[P, R]:
    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ArtifactError as error:
            raise click.ClickException(str(error)) from error

    return guarded


@click.group()
def artifacts() -> None:
    """Look at what steps have made.

    A step's output is a folder with a manifest that never changes; its URI is what XCom carries.
    """


@artifacts.command("ls")
@click.option("--root", default=None, help="URI of the artifact root; this machine's own by default.")
@click.option("--step", default=None, help="Only this step, like features or train.")
@click.option("--partition", default=None, help="Only this partition, like dt=2000-11-20.")
@_clear_errors
def list_(root: str | None, step: str | None, partition: str | None) -> None:
    """List artifacts, one line each: step, partition, kind, rows, bytes, age, URI."""
    console = plain_console(soft_wrap=True)
    count = 0
    for uri, artifact in walk(root or artifact_root()):
        if artifact is None or step not in (None, artifact.manifest.step) or partition not in (None, artifact.manifest.partition):
            continue
        manifest = artifact.manifest
        console.print(
            f"{manifest.step:<18} {manifest.partition}  {manifest.kind:<10} {artifact.rows:>10,} rows"
            f" {manifest.bytes:>12,} B  {manifest.created_at[:19]}  {uri}",
            highlight=False,
        )
        count += 1
    console.print(f"{count} artifacts", style="dim")


@artifacts.command()
@click.argument("uri")
@click.option("--rows", type=click.IntRange(min=0), default=20, show_default=True, help="How many rows of a table to show.")
@_clear_errors
def show(uri: str, rows: int) -> None:
    """Show one artifact: where it came from, and its schema and first rows, partitions or measures."""
    artifact, console = Artifact.load(uri), plain_console()
    manifest = artifact.manifest
    console.print(f"{manifest.kind} of step {manifest.step}, {manifest.partition}, id {manifest.id}", style="bold")
    maker = manifest.maker
    console.print(f"made {manifest.created_at} by {maker.dag_id}/{maker.task_id}, run {maker.run_id}, try {maker.try_number}")
    console.print(f"{artifact.rows:,} rows, {manifest.bytes:,} bytes, content digest {manifest.digest[:16]}…")
    for item in manifest.inputs[:5]:
        console.print(f"  from {item.name}: {item.uri}", soft_wrap=True)
    if len(manifest.inputs) > 5:
        console.print(f"  … and {len(manifest.inputs) - 5} more inputs")
    _VIEWS[manifest.kind](artifact, console, rows)


@artifacts.command()
@click.argument("uri")
@_clear_errors
def verify(uri: str) -> None:
    """Read everything again and compare it with the checksums of the manifest."""
    artifact = Artifact.load(uri)
    artifact.verify()
    click.echo(f"{artifact.uri} is as it was published ({len(artifact.manifest.files)} files, {artifact.rows:,} rows)")


@artifacts.command("prune")
@click.option("--root", default=None, help="URI of the artifact root; this machine's own by default.")
@click.option("--older-than", "hours", default=24.0, show_default=True, help="Hours since the attempt began.")
@_clear_errors
def prune_(root: str | None, hours: float) -> None:
    """Remove what killed writers and, on this machine, failed jobs have left. Published artifacts are never touched."""
    age = dt.timedelta(hours=hours)
    removed = prune(root or artifact_root(), older_than=age)
    for uri in removed:
        click.echo(uri)
    jobs = workdir.prune(older_than=age)
    for folder in jobs:
        click.echo(folder)
    click.echo(f"{len(removed)} unfinished attempts and {len(jobs)} folders of failed jobs removed")


def _show_table(artifact: Artifact, console: Console, rows: int) -> None:
    columns = Table("column", "type", title="schema")
    for column in artifact.manifest.schema:
        columns.add_row(column["name"], column["type"])
    console.print(columns)
    head = artifact.head(rows)
    data = Table(*head.schema.names, title=f"first {head.num_rows} of {artifact.rows:,} rows")
    for row in head.to_pylist():
        data.add_row(*(_short(value) for value in row.values()))
    console.print(data)


def _show_reference(artifact: Artifact, console: Console, rows: int) -> None:
    listed = Table("partition", "rows", "at", title=f"{len(artifact.entries)} partitions")
    for entry in artifact.entries[max(len(artifact.entries) - rows, 0) :]:
        listed.add_row(entry.partition, "?" if entry.rows is None else f"{entry.rows:,}", entry.uri)
    if len(artifact.entries) > rows:
        console.print(f"(the last {rows}; --rows shows more)", style="dim")
    console.print(listed)


def _show_measures(artifact: Artifact, console: Console, rows: int) -> None:
    for file in artifact.manifest.files:
        console.print(f"  {file.path}  {file.bytes:,} bytes")
    telling = [file.path for file in artifact.manifest.files if file.path in _TELLING]
    if telling:
        console.print_json(json.dumps(artifact.read_json(telling[0])))
    elif artifact.manifest.statistics:
        console.print_json(json.dumps(artifact.manifest.statistics))


_VIEWS: dict[str, Callable[[Artifact, Console, int], None]] = {
    "table": _show_table,
    "reference": _show_reference,
    "model": _show_measures,
    "report": _show_measures,
    "deployment": _show_measures,
}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
