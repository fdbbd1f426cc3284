"""From job.json to the framework that trains it."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlp_core.specs import TrainingSpec, validate
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError
from mlp_train.signals import release_sigterm

if TYPE_CHECKING:
    from mlp_train.training.train import Framework

SPEC = "MLP_SPEC"

Result = dict[str, Any]
# Frameworks by name: what the loop asks of them. Imported when used, so that an image carries one of them.
FRAMEWORKS: dict[str, str] = {"torch": "mlp_train.torch.framework:FRAMEWORK", "tensorflow": "mlp_train.keras.framework:FRAMEWORK"}


def run(job: Path) -> Result:
    """Train the specification in the file `job`; returns what the last line on standard output says.

    A `script` takes over this process, and this function does not return. Raises SpecError, TrainError, ArtifactError and BundleError.
    """
    spec = read_job(job)
    if spec.script is not None:
        _become(spec.script, job)
    return train_here(spec)


def read_job(job: Path) -> TrainingSpec:
    """The specification in the file `job`, checked. Raises SpecError, and TrainError where there is no such file."""
    if not job.is_file():
        raise TrainError(f"there is no job file {job}; write the training specification there")
    spec = TrainingSpec.from_json(job.read_bytes())
    validate(spec)
    return spec


def train_here(spec: TrainingSpec) -> Result:
    """Train in this process, as the environment says with others; curves for TensorBoard go where `MLP_TENSORBOARD` says."""
    framework, context = framework_of(spec), TrainContext.from_environment()
    from mlp_train.tensorboard import curves
    from mlp_train.training.train import train

    with curves(spec.name, os.environ if context.is_chief else {}):
        return train(spec, context, framework)


def framework_of(spec: TrainingSpec) -> Framework:
    """What the specification's framework gives to the loop; TrainError where the library does not have it."""
    target = FRAMEWORKS.get(spec.framework)
    if target is None:
        raise TrainError(f"framework {spec.framework!r} is not available; use {' or '.join(FRAMEWORKS)}")
    module, _, name = target.partition(":")
    found: Framework = getattr(import_module(module), name)
    return found


def _become(script: str, job: Path) -> None:
    """Replace this process by the script, with the specification's path in `MLP_SPEC`; resources and topology are there already."""
    path = Path(script)
    if not path.is_file():
        raise TrainError(f"script {script!r} does not exist in {Path.cwd()}; give its path")
    command = [sys.executable, str(path)] if path.suffix == ".py" else [str(path.absolute())]
    release_sigterm()
    sys.stdout.flush()
    os.execve(command[0], command, {**os.environ, SPEC: str(job.absolute())})
