"""The command line of the training library."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mlp_train.events import emit
from mlp_train.signals import end_on_sigterm

USER_ERROR = 2
# Names a file where whoever started this process looks for {"error": "<one sentence>"}.
ERROR_FILE = "MLP_ERROR_FILE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what `--job` describes. Returns 0, or 2 after one sentence on standard error when the input is wrong."""
    parser = argparse.ArgumentParser(prog="mlp_train", description="Train a model and publish it as a bundle.")
    parser.add_argument("--job", type=Path, required=True, help="job.json: the training specification")
    options = parser.parse_args(arguments)
    # Threads that spin while they wait cost a factor of ten on a machine that does something else as well.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Before any library starts threads of its own: a signal goes to a thread that does not block it.
    end_on_sigterm()
    from mlp_core.artifacts import ArtifactError
    from mlp_core.bundle import BundleError
    from mlp_core.specs import SpecError
    from mlp_train.errors import TrainError
    from mlp_train.run import run

    try:
        run(options.job)
    except (SpecError, TrainError, ArtifactError, BundleError) as error:
        emit("failed", error=str(error))
        _leave_error(str(error))
        print(f"mlp_train: {error}", file=sys.stderr)
        return USER_ERROR
    return 0


def _leave_error(message: str) -> None:
    if path := os.environ.get(ERROR_FILE):
        Path(path).write_bytes(msgspec.json.encode({"error": message}))
