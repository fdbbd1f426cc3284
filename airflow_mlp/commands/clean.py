"""`mlp clean`: remove everything that the platform has made on this machine."""

from __future__ import annotations

import shutil

import click

from airflow_mlp.triton import server
from airflow_mlp.triton.errors import ServerError
from mlp_core.home import home, is_ours


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(yes: bool) -> None:
    """Stop Triton and remove the home folder: tables, artifacts, models, environments, logs, Airflow's database."""
    named = home()
    place = named.resolve()
    if not place.exists():
        click.echo(f"{place} is not there; nothing to remove")
        return
    if not is_ours(place):
        raise click.ClickException(f"{place} was not made by mlp (it has no file .mlp-home), so it is left alone: remove it by hand")
    if not yes:
        click.confirm(f"Remove {place} and all that is in it?", abort=True)
    try:
        server.stop(place)
    except ServerError as error:
        raise click.ClickException(str(error)) from error
    shutil.rmtree(place)
    if named.is_symlink():
        named.unlink()
    click.echo(f"{place} is removed")
