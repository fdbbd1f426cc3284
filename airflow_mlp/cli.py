"""The `mlp` command. Subcommands are imported when they are called, so that none pays for another."""

from __future__ import annotations

from importlib import import_module

import click

# A command's module below airflow_mlp.commands, and its line in `mlp --help`.
COMMANDS = {
    "demo": "Run the main job on real data for two dates and show what it made.",
    "ui": "Open the same Dags in Airflow's own UI, on this machine.",
    "serve": "Start, stop or look at this machine's Triton server.",
    "features": "Write, check and look into feature files.",
    "artifacts": "Look at what steps have made: list, show, verify, prune.",
    "clean": "Remove everything that the platform has made on this machine.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a first day with the platform."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"airflow_mlp.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="airflow-mlp", prog_name="mlp")
def main() -> None:
    """The machine-learning platform on this machine.

    Everything it makes lies in the folder .mlp here, or in $MLP_HOME. Begin with `mlp demo`.
    """
