"""One trial of a search: a training without a bundle, ended early where it promises nothing."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlp_core.specs import TrainingSpec, validate
from mlp_train.context import TrainContext
from mlp_train.errors import TrainError
from mlp_train.events import listening
from mlp_train.loop import TrainingLoop
from mlp_train.run import framework_of
from mlp_train.tools.space import Space, with_values
from mlp_train.training.checkpoints import Checkpoints
from mlp_train.training.progress import Progress, quality
from mlp_train.training.train import begin, prepare, select

if TYPE_CHECKING:
    from optuna.trial import Trial

    from mlp_train.training.train import Job


class Trials:
    """Trains a specification with other hyper-parameters. Raises SpecError and TrainError for what no trial could learn from."""

    def __init__(self, spec: TrainingSpec, space: Space) -> None:
        if spec.script is not None:
            raise TrainError(f"the job starts the script {spec.script!r}; search takes a job with an algorithm")
        if not spec.validation:
            raise TrainError("the job has no validation data, by which trials are compared; give validation")
        # An epoch's model is measured and not kept, so nothing is saved: as before a refit that never comes.
        self._spec = with_values(spec, {"refit": True})
        self._context = TrainContext(threads=TrainContext.from_environment().threads)
        self._framework = framework_of(spec)
        for name, entry in space.items():
            for value in entry.examples:
                changed = with_values(self._spec, {name: value})
                validate(changed)
                self._framework.params(TrainingSpec.from_json(changed.to_json()))
        self._jobs: dict[bytes, Job] = {}

    def run(self, trial: Trial, values: Mapping[str, Any]) -> float:
        """The best epoch's validation AUC, the mean over tasks. Raises TrialPruned, and TrainError where it cannot be learned."""
        trial.set_user_attr("values", dict(values))
        spec = with_values(self._spec, values)
        try:
            with listening(_Reports(trial), quiet=True), tempfile.TemporaryDirectory(prefix="mlp-search-") as folder:
                job = self._job(spec)
                fit = begin(job, Progress(), None, lambda fit: None)
                if isinstance(fit.learner.hooks, TrainingLoop):
                    raise TrainError(f"{spec.algorithm} is a loop of its own, without epochs to compare; search takes presets and models")
                return quality(select(job, fit, Checkpoints(Path(folder).as_uri(), "search")).progress.measures)
        except TrainError as error:
            trial.set_user_attr("error", str(error))
            raise

    def _job(self, spec: TrainingSpec) -> Job:
        """The job with its data, which are looked through once for all trials that see them in the same way."""
        params = self._framework.params(spec)
        key = msgspec.json.encode([params.cardinality, params.growing])
        if key not in self._jobs:
            self._jobs[key] = prepare(spec, self._context, self._framework)
        known = self._jobs[key]
        return type(known)(spec, self._context, self._framework, params, known.data, known.parent)


class _Reports:
    """Tells the study each epoch's AUC, and ends the trial where the study says so."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def __call__(self, event: str, fields: dict[str, Any]) -> None:
        import optuna

        if event != "epoch":
            return
        value = quality(fields)
        if value == -math.inf:
            raise TrainError("the validation set has no AUC: its label is the same in all rows; give other validation data")
        self._trial.report(value, fields["epoch"])
        if self._trial.should_prune():
            raise optuna.TrialPruned
