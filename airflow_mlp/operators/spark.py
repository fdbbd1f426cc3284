"""What the operators share whose work is a Spark job: where it runs, what it is told, and partition-wise reuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from airflow_mlp.launchers.base import Job, JobRejected, LauncherError, launcher
from airflow_mlp.launchers.workdir import workdir_of
from airflow_mlp.operators.base import BadInput, MlpOperator
from airflow_mlp.operators.launching import LaunchesJobs
from airflow_mlp.operators.step import Step
from mlp_core.artifacts import Artifact, Identity
from mlp_core.artifacts.manifest import digest_of
from mlp_core.specs import Resources, SpecError
from mlp_core.specs.jobs import File, SparkJob, Table, Trait

if TYPE_CHECKING:
    from airflow.sdk import Context


class SparkOperator(LaunchesJobs, MlpOperator):
    """Base of the operators that run a Spark job, one application for all partitions that are missing.

    :param launcher: where the job runs: "spark_local" or "spark_submit"; default `[mlp] spark_launcher`, else "spark_local".
    :param connection: for a cluster: the Airflow connection that leads to it. (templated)
    :param resources: cores and memory of Spark here, or of each executor (and how many) on a cluster.
    :param spark_conf: more Spark settings.
    """

    template_fields: ClassVar[tuple[str, ...]] = (*MlpOperator.template_fields, "connection")  # type: ignore[misc]
    job_module: ClassVar[str]

    def __init__(
        self,
        *,
        launcher: str | None = None,
        connection: str | None = None,
        resources: Resources | Mapping[str, Any] | None = None,
        spark_conf: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.launcher = launcher
        self.connection = connection
        self.job_resources = resources
        self.spark_conf = dict(spark_conf or {})

    def run(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Check everything, then make what is missing. Errors of specifications and refused jobs are BadInput."""
        try:
            return self.make(step, context)
        except (SpecError, LauncherError, JobRejected) as error:
            raise BadInput(str(error)) from error

    def make(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """What a subclass does: the outputs, by name."""
        raise NotImplementedError(f"{type(self).__name__} has to define make")

    def make_partitions(
        self,
        step: Step,
        context: Context,
        identities: Mapping[str, Identity],
        job: Callable[[dict[str, str]], SparkJob],
        *,
        output: str = "",
    ) -> dict[str, Artifact]:
        """A table for each partition; `job` says what to run for the attempts (by partition) of those that are missing."""

        def run(attempts: Mapping[str, Any]) -> None:
            self.submit(step, job({partition: attempt.uri for partition, attempt in attempts.items()}), context)

        return step.make_partitions(identities, run, output=output)

    def submit(self, step: Step, spec: SparkJob, context: Context) -> None:
        """Run the job `spec` to its end."""
        where = launcher(self.launcher or configured_launcher(), {"connection": self.connection, "conf": self.spark_conf})
        attempts = sorted(spec.attempts.values())
        maker = step.maker
        instance = [maker.dag_id, maker.run_id, maker.task_id, maker.map_index] if maker.task_id else attempts
        name = f"{self.task_id}-{digest_of(instance)[:12]}"
        inputs = _inputs(spec)
        job = Job(
            name=name,
            module=self.job_module,
            spec=spec.to_json(),
            workdir=workdir_of(name, attempts[-1]),
            resources=_resources(self.job_resources),
            places=(*attempts, *(files[0].uri for files in inputs)),
            identity=digest_of(attempts),
            input_bytes=sum(file.bytes for files in inputs for file in files),
        )
        self.launch(where, job, context)


def configured_launcher() -> str:
    """`[mlp] spark_launcher` of Airflow's configuration."""
    from airflow.sdk import conf

    return conf.get("mlp", "spark_launcher", fallback="") or "spark_local"


def check_columns(field: str, wanted: Iterable[str], names: Iterable[str], uri: str) -> None:
    """Raise BadInput that names the first of `wanted` that is not among `names`, the columns of the data at `uri`."""
    known = list(names)
    for column in wanted:
        if column not in known:
            raise BadInput(f"{field} names the column {column!r}, which {uri} does not have: it has {', '.join(known)}")


def _inputs(spec: SparkJob) -> list[tuple[File, ...]]:
    """The files of each partition that has some, of each table that the job reads."""
    traits: tuple[Trait, ...] = getattr(spec, "traits", ())
    tables: list[Table | None] = [getattr(spec, "input", None), *getattr(spec, "inputs", ()), *(trait.table for trait in traits)]
    return [partition.files for table in tables if table for partition in table.partitions if partition.files]


def _resources(value: Resources | Mapping[str, Any] | None) -> Resources | None:
    if value is None or isinstance(value, Resources):
        return value
    return Resources.from_json(msgspec.json.encode(dict(value)))
