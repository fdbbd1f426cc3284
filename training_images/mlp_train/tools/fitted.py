"""A model as training would begin it, or with weights that were saved, for a look at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlp_train.tools.saved import Saved
    from mlp_train.training.fitting import Fit
    from mlp_train.training.train import Job


def open_job(path: Path, leave_out: str | None = None) -> Job:
    """The job in a file with its data, for one process and without its parent, so that all days of its data are there; `leave_out`: a
    hyper-parameter that is to have its default.

    Raises SpecError and TrainError for what training would refuse as well.
    """
    import msgspec

    from mlp_train.context import TrainContext
    from mlp_train.errors import TrainError
    from mlp_train.run import framework_of, read_job
    from mlp_train.training.train import prepare

    spec = read_job(path)
    if spec.script is not None:
        raise TrainError(f"{path} starts the script {spec.script!r}, which the library cannot look into; give a job with an algorithm")
    context = TrainContext(threads=TrainContext.from_environment().threads)
    params = {name: value for name, value in spec.params.items() if name != leave_out}
    return prepare(msgspec.structs.replace(spec, warm_start=None, params=params), context, framework_of(spec))


def begin(job: Job) -> Fit:
    """The model with its first weights, without a word about it."""
    from mlp_train.events import listening
    from mlp_train.training.progress import Progress
    from mlp_train.training.train import begin as start

    with listening(quiet=True):
        return start(job, Progress(), None, lambda fit: None)


def restore(fit: Fit, saved: Saved) -> list[str]:
    """Give a model the weights and rows that were saved; returns the names of the network's weights that were not among them.

    Raises TrainError where nothing fits.
    """
    from mlp_train.errors import TrainError
    from mlp_train.learner import STEPS

    tables = {f"table/{name}" + (f"/{part}" if part else ""): value for name, each in saved.tables.items() for part, value in each.parts()}
    taken = fit.tables.load(tables)
    known = set(fit.learner.load(saved.state))
    if not taken and not known:
        raise TrainError(f"{saved.uri} shares no table and no weight with the job's model; give the job that it was trained by")
    return [name for name in fit.learner.state() if name not in known and "/" not in name and name != STEPS]
