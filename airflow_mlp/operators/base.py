"""What every operator here does: take URIs, make or reuse artifacts, hand out URIs, fail with one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.operators.step import Step
from airflow_mlp.partition import run_partition
from mlp_core.artifacts import Artifact, ArtifactError, Maker, Reuse
from mlp_core.home import artifact_root as default_root

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

_FINISHED = "mlp_finished_try"


class BadInput(AirflowFailException):
    """What was asked for cannot be done; no retry will help. The message names the place and the cure."""


class MlpOperator(BaseOperator):
    """Base of the operators that make artifacts.

    A subclass names its outputs and writes `run(step)`, which returns an artifact for each.

    :param artifact_root: URI below which artifacts are published; default `[mlp] artifact_root`, else a folder here. (templated)
    :param reuse: "auto" takes what another run or a failed try has made, "always" also what this task made before it
        was cleared, "never" computes. A run's conf `{"reuse": …}` overrules it.
    """

    template_fields: ClassVar[tuple[str, ...]] = ("artifact_root",)  # type: ignore[misc]
    step_name: ClassVar[str]
    output_names: ClassVar[tuple[str, ...]] = ("output",)

    def __init__(self, *, artifact_root: str | None = None, reuse: Reuse = "auto", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.artifact_root = artifact_root
        self.reuse = reuse

    @property
    def outputs(self) -> Mapping[str, XComArg]:
        """Each named output as something that another task may take; the first is also `.output`."""
        from airflow.sdk.definitions.xcom_arg import XComArg

        return {name: self.output if name == self.output_names[0] else XComArg(self, key=name) for name in self.output_names}

    def load(self, field: str) -> Artifact:
        """The artifact that the attribute `field` names. Raises BadInput where an upstream left nothing there."""
        uri = getattr(self, field)
        if not isinstance(uri, str) or not uri:
            raise BadInput(f"{field} names no artifact: the task that should have made it left no output; run that task again")
        return Artifact.load(uri)

    def run(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Make or reuse the outputs, by name."""
        raise NotImplementedError(f"{type(self).__name__} has to define run")

    def execute(self, context: Context) -> str:
        """Run the step and push the URI of each output to XCom; the first is the return value."""
        step = begin_step(self, context)
        try:
            made = self.run(step, context)
        except _refusals() as error:
            raise BadInput(f"{type(self).__name__} {self.task_id!r}: {error}") from error
        for name in self.output_names[1:]:
            context["ti"].xcom_push(key=name, value=made[name].uri)
        end_step(context)
        return made[self.output_names[0]].uri


def begin_step(operator: Any, context: Context) -> Step:
    """What the current try of `operator` (with `step_name`, `artifact_root` and `reuse`) knows about itself."""
    ti, run = context["ti"], context["dag_run"]
    conf = run.conf or {}
    return Step(
        name=operator.step_name,
        root=operator.artifact_root or configured_root(),
        partition=run_partition(context),
        maker=maker_of(context),
        reuse=conf.get("reuse") or operator.reuse,
        cleared=_finished_before(context, ti.try_number),
    )


def end_step(context: Context) -> None:
    """Remember that this try came to its end: a later try of the same task instance means that it was cleared."""
    store = context.get("task_state_store")
    if store is not None:
        store.set(_FINISHED, context["ti"].try_number)


def maker_of(context: Context) -> Maker:
    """Who the running task instance is, for a manifest."""
    ti = context["ti"]
    map_index = -1 if ti.map_index is None else ti.map_index
    return Maker(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        map_index=map_index,
        try_number=ti.try_number,
        instance=str(ti.id),
    )


def configured_root() -> str:
    """`[mlp] artifact_root` of Airflow's configuration, else this machine's own folder."""
    from airflow.sdk import conf

    return conf.get("mlp", "artifact_root", fallback="") or default_root()


def _finished_before(context: Context, try_number: int) -> int:
    """The last try before `try_number` that came to its end, 0 for none."""
    store = context.get("task_state_store")
    finished = store.get(_FINISHED) if store is not None else None
    return finished if isinstance(finished, int) and finished < try_number else 0


def _refusals() -> tuple[type[Exception], ...]:
    """Errors that say in one sentence what is wrong with an input. Imported once something has failed: Dags are parsed often."""
    from airflow_mlp.triton.errors import DeployError
    from feature_dsl import FeatureError
    from mlp_core.bundle import BundleError

    return ArtifactError, BadInput, BundleError, DeployError, FeatureError
