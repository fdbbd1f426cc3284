"""`mlp_train train`: what launchers start."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

# Names a file where whoever started this process looks for {"error": "<one sentence>"}.
ERROR_FILE = "MLP_ERROR_FILE"
EXAMPLE = """\
The same as `mlp_train --job job.json`. One JSON object per line goes to standard output; the last one names the bundle.
Topology comes from the environment, and curves for TensorBoard go below $MLP_TENSORBOARD where it is set.

example:
  mlp_train train --job job.json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--job", type=Path, required=True, metavar="FILE", help="job.json: the training specification")


def run(options: argparse.Namespace) -> None:
    """Train. What is wrong with the input is also said as an event, and left in the launcher's file."""
    from mlp_train.signals import end_on_sigterm

    # Before any library starts threads of its own: a signal goes to a thread that does not block it.
    end_on_sigterm()
    from mlp_core.artifacts import ArtifactError
    from mlp_core.bundle import BundleError
    from mlp_core.specs import SpecError
    from mlp_train.errors import TrainError, WorkerLost
    from mlp_train.events import emit
    from mlp_train.run import run as train

    try:
        train(options.job)
    except (SpecError, TrainError, WorkerLost, ArtifactError, BundleError) as error:
        emit("failed", error=str(error))
        _leave_error(str(error))
        raise


def _leave_error(message: str) -> None:
    import msgspec

    if path := os.environ.get(ERROR_FILE):
        Path(path).write_bytes(msgspec.json.encode({"error": message}))
