"""`mlp clean`: remove everything that the platform has made on this machine."""

from __future__ import annotations

import shutil

import click

from airflow_mlp.triton import server
from mlp_core.home import home

# Any of these shows that a folder is a home of ours, and not something that MLP_HOME names by mistake.
_MARKS = ("airflow", "artifacts", "warehouse.data", "envs")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(yes: bool) -> None:
    """Stop Triton and remove the home folder: tables, artifacts, models, environments, logs, Airflow's database."""
    place = home()
    if not place.exists():
        click.echo(f"{place} is not there; nothing to remove")
        return
    if not any((place / mark).exists() for mark in _MARKS):
        raise click.ClickException(f"{place} does not look like a home of mlp, so it is left alone: remove it by hand")
    if not yes:
        click.confirm(f"Remove {place} and all that is in it?", abort=True)
    server.stop(place)
    shutil.rmtree(place)
    click.echo(f"{place} is removed")
