"""The command line of the training library."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol

from mlp_core.specs.decoding import nearest

USER_ERROR, INTERRUPTED = 2, 130
# What Kubeflow takes for an error that is worth another try.
LOST_WORKER = 138
# A command's module in mlp_train.tools, and its line in the overview; imported when it is called, so that none pays for another.
COMMANDS = {
    "train": "Train what job.json describes, and publish a bundle.",
    "local": "Train on a sample of any data, here and now.",
    "predict": "Score rows with a bundle.",
    "inspect": "Look into a bundle or a checkpoint: weights, tables, gradients.",
    "compare": "Compare two bundles: weights, tables, scores.",
    "profile": "Measure where the time of a training goes.",
    "search": "Search for better hyper-parameters.",
}


class Command(Protocol):
    """A module of mlp_train.tools. EXAMPLE: what its `--help` ends with, an example at least."""

    EXAMPLE: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; `--job FILE` alone is `train --job FILE`.

    Returns 0, 2 after one sentence on standard error when the input is wrong, 130 when it was interrupted, 138 when another worker is lost.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        _overview().print_help(sys.stdout if given else sys.stderr)
        return 0 if given else USER_ERROR
    name, rest = ("train", given) if given[0].startswith("-") else (given[0], given[1:])
    if name not in COMMANDS:
        _overview().error(f"there is no command {name!r}{nearest(name, COMMANDS)}; it has {', '.join(COMMANDS)}")
    command: Command = import_module(f"mlp_train.tools.{name}")
    parser = argparse.ArgumentParser(
        prog=f"mlp_train {name}", description=COMMANDS[name], epilog=command.EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.arguments(parser)
    # Threads that spin while they wait cost a factor of ten on a machine that does something else as well.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return _run(command, parser.parse_args(rest))


def _run(command: Command, options: argparse.Namespace) -> int:
    try:
        command.run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if not isinstance(error, _user_errors()):
            raise
        print(f"mlp_train: {error}", file=sys.stderr)
        return _code(error)
    return 0


def _code(error: Exception) -> int:
    from mlp_train.errors import WorkerLost

    return LOST_WORKER if isinstance(error, WorkerLost) else USER_ERROR


def _user_errors() -> tuple[type[Exception], ...]:
    """What bad input raises. Imported afterwards: `train` sets up signals before any library starts threads."""
    from feature_dsl import FeatureError
    from mlp_core.artifacts import ArtifactError
    from mlp_core.bundle import BundleError
    from mlp_core.specs import SpecError
    from mlp_train.errors import TrainError, WorkerLost

    return SpecError, TrainError, WorkerLost, ArtifactError, BundleError, FeatureError


def _overview() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {line}" for name, line in COMMANDS.items())
    return argparse.ArgumentParser(
        prog="mlp_train",
        usage="mlp_train COMMAND ... (COMMAND --help shows an example); mlp_train --job FILE trains",
        description=f"Train a model, and look into what was trained.\n\ncommands:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
