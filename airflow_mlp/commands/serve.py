"""`mlp serve`: this machine's Triton server."""

from __future__ import annotations

import click

from airflow_mlp.triton import environment, server
from airflow_mlp.triton.errors import TritonError
from airflow_mlp.triton.local import ensure
from mlp_core.home import home, make_home


@click.group()
def serve() -> None:
    """Start, stop or look at this machine's Triton server, on loopback."""


@serve.command()
@click.option("--http-port", type=int, help="Port for HTTP; a free one by default.")
@click.option("--grpc-port", type=int, help="Port for gRPC; a free one by default.")
def start(http_port: int | None, grpc_port: int | None) -> None:
    """Start the server, in the background, with the champion of every model loaded."""
    click.echo(f"the first time this downloads {environment.DOWNLOAD}")
    try:
        local = ensure(make_home(), ports=server.Ports(http=http_port, grpc=grpc_port))
    except TritonError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Triton serves {', '.join(local.repository.names()) or 'no model yet'} at http://{local.status.url}")


@serve.command()
def stop() -> None:
    """Stop the server and wait until it has ended."""
    try:
        server.stop(make_home())
    except TritonError as error:
        raise click.ClickException(str(error)) from error
    click.echo("Triton is stopped")


@serve.command()
def status() -> None:
    """Say whether the server runs, where, and which versions serve."""
    from airflow_mlp.triton.repository import Repository

    found = server.status(home())
    where = f" at http://{found.url}, gRPC {found.grpc_url}" if found.state == "running" else ""
    click.echo(f"Triton is {found.state}{where}")
    repository = Repository(server.Layout(home()).repository)
    for name in repository.names():
        champion = repository.model(name).pointer.champion
        if champion is not None:
            click.echo(f"  {name}: version {champion.version}, trained on {champion.data_start} to {champion.data_end}, {champion.bundle}")
