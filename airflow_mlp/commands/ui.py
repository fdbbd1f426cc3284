"""`mlp ui`: Airflow's own UI on this machine, with the example Dags and the demo's warehouse."""

from __future__ import annotations

import signal
import sys

import click

from airflow_mlp.demo import data, environment, prerequisites
from airflow_mlp.launchers.child import Child
from mlp_core.home import home, make_home


@click.command()
@click.option("--port", default=8080, show_default=True, help="Port of the UI, on loopback.")
@click.option("--data", "wanted", type=click.Choice(data.NAMES), help="Input, where none is loaded yet.")
def ui(port: int, wanted: str | None) -> None:
    """Open Airflow (scheduler, Dag processor, triggerer, UI) on this machine until Ctrl-C.

    The Dags are the examples that came with the package. Unpause movielens_daily or trigger it for a day of the data.
    """
    try:
        prerequisites.check(click.echo)
        make_home()
        name = data.prepare(wanted, click.echo)
        env = environment.airflow_environment() | environment.ui_environment(port)
        environment.migrate(env)
    except (prerequisites.Missing, data.DataError, environment.MigrationFailed) as error:
        raise click.ClickException(str(error)) from error
    password = environment.ensure_password(home() / "airflow")
    click.echo(f"data: {name}")
    click.echo(f"Airflow: http://127.0.0.1:{port}  user: admin  password: {password}")
    # Airflow's parts outlive a SIGTERM of `airflow standalone`; a child of ours does not, nor does what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        ended = Child([sys.executable, "-m", "airflow", "standalone"], env=env, grace=30).run(click.echo)
    except KeyboardInterrupt:
        click.echo("Airflow is stopped")
        return
    raise click.ClickException(f"airflow standalone ended with {ended.how}")
