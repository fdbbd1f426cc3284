"""TrainOperator: trains a model on feature tables and publishes it as a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from airflow_mlp.launchers.base import Job, JobRejected, LauncherError, launcher
from airflow_mlp.launchers.workdir import workdir_of
from airflow_mlp.operators.base import BadInput, MlpOperator
from airflow_mlp.operators.launching import LaunchesJobs
from airflow_mlp.operators.step import Step
from airflow_mlp.operators.training_set import TrainingSet
from mlp_core.artifacts import Artifact, Attempt, Identity, begin
from mlp_core.artifacts.manifest import digest_of
from mlp_core.specs import Resources, SpecError, TrainingSpec, preset_params, presets, validate
from mlp_core.specs.code import digest_of_class

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

_VERSION = 1
# Wherever a job runs, it computes with as many threads: sums depend on how they are shared out.
_RESOURCES = Resources(cpu=2)
_SCRATCH = ("", "none", "None")
# What of a specification says where things lie, and not what is computed.
_PLACES = ("train", "validation", "test", "output", "checkpoints", "warm_start", "params")


class TrainOperator(LaunchesJobs, MlpOperator):
    """Train a model with a preset algorithm or a class of one's own, as a job of its own process, here or on a cluster.

    Outputs: `output`, the model bundle. Everything is checked before a job starts: the algorithm, its hyper-parameters, the columns
    that the training set must have, and that it has rows.

    :param train: URI of the training set, or a list of URIs: feature tables or references to them. (templated)
    :param validation: the same for the validation set, which stops and selects; None for none. (templated)
    :param name: the model's name.
    :param algorithm: a preset's name (`mlp_core.specs.presets`) or `package.module:Class`, importable where the job runs.
    :param hyperparameters: of the algorithm; what is not named has the preset's default. (templated)
    :param label: the column with 0 or 1, or a list of such columns (tasks).
    :param group: the column by which GAUC groups, None for no GAUC.
    :param weight: the column of sample weights.
    :param columns: the columns to use where not all are wanted.
    :param epochs: passes over the training set.
    :param batch_size: rows of a batch.
    :param seed: of everything that is random.
    :param max_steps: batches after which training stops, None for no bound.
    :param framework: "torch" or "tensorflow".
    :param warm_start: None trains from scratch; "parent" goes on from the last deployed model of this name whose data end before this
        training set's, on newer days only; a URI goes on from that bundle. (templated)
    :param repository: the model repository in which "parent" is looked up; default this machine's own. (templated)
    :param launcher: where the job runs: "process" or "pytorchjob"; default `[mlp] train_launcher`.
    :param connection: for a cluster: the Airflow connection that leads to it, or the path of a kubeconfig. (templated)
    :param namespace: for a cluster: the namespace, where it is not the connection's own. (templated)
    :param image: for a cluster: the container image. (templated)
    :param volumes: for a cluster: volumes of the pods, `{"mount": "/data", "host_path": "/data"}` or `{"mount": "/data", "claim": NAME}`.
    :param resources: cores, memory and devices of each worker, and how many workers; default two cores of one worker.
    :param deadline: for a cluster: seconds after which the job is given up.
    """

    template_fields: ClassVar[tuple[str, ...]] = (  # type: ignore[misc]
        *MlpOperator.template_fields,
        "train",
        "validation",
        "hyperparameters",
        "warm_start",
        "repository",
        "connection",
        "namespace",
        "image",
    )
    step_name: ClassVar[str] = "train"
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        train: str | XComArg | Sequence[str | XComArg],
        validation: str | XComArg | Sequence[str | XComArg] | None = None,
        name: str = "ctr",
        algorithm: str = "deepfm",
        hyperparameters: Mapping[str, Any] | None = None,
        label: str | Sequence[str] = "label",
        group: str | None = "user_id",
        weight: str | None = None,
        columns: Sequence[str] | None = None,
        epochs: int = 1,
        batch_size: int = 4096,
        seed: int = 1,
        max_steps: int | None = None,
        framework: str = "torch",
        warm_start: str | None = None,
        repository: str | None = None,
        launcher: str | None = None,
        connection: str | None = None,
        namespace: str | None = None,
        image: str | None = None,
        volumes: Sequence[Mapping[str, Any]] = (),
        resources: Resources | Mapping[str, Any] | None = None,
        deadline: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # Strings once the templates are rendered.
        self.train: Any = train
        self.validation: Any = validation
        self.name = name
        self.algorithm = algorithm
        self.hyperparameters = dict(hyperparameters or {})
        self.label_column = label  # `label` and `resources` are attributes of Airflow's own
        self.group = group
        self.weight = weight
        self.columns = columns
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.max_steps = max_steps
        self.framework = framework
        self.warm_start = warm_start
        self.repository = repository
        self.launcher = launcher
        self.connection = connection
        self.namespace = namespace
        self.image = image
        self.volumes = volumes
        self.job_resources = resources
        self.deadline = deadline

    def run(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Check everything, then reuse the bundle or launch the job that makes it."""
        try:
            return {"output": self._train(step, context)}
        except (SpecError, LauncherError, JobRejected) as error:
            raise BadInput(str(error)) from error

    def _train(self, step: Step, context: Context) -> Artifact:
        data = TrainingSet.load(_uris(self.train), _uris(self.validation))
        spec = self._spec(data)
        validate(spec)
        parent = self._parent(data)
        data.check(spec, after=parent)
        identity = self._identity(step, spec, data, parent)
        where = launcher(self.launcher or configured_launcher(), self._options())
        found = step.find(identity)
        if found is not None:
            return step.tell(found)
        attempt = begin(kind="model", step=step.name, root=step.root, identity=identity, maker=step.maker)
        checkpoint = _begin_checkpoint(step, identity)
        spec = msgspec.structs.replace(spec, output=attempt.uri, checkpoints=checkpoint.uri, warm_start=parent.uri if parent else None)
        ran = self.launch(where, self._job(step, spec, identity), context)
        return step.tell(Artifact.load(TrainingSpec.from_json(ran).output))

    def _spec(self, data: TrainingSet) -> TrainingSpec:
        """The specification without an output. Its types are checked here, as `job.json` would be."""
        document = {
            "name": self.name,
            "framework": self.framework,
            "algorithm": self.algorithm,
            "label": self.label_column,
            "group": self.group,
            "weight": self.weight,
            "train": [artifact.uri for artifact in data.train],
            "validation": [artifact.uri for artifact in data.validation],
            "columns": self.columns,
            "params": self.hyperparameters,
            "epochs": self.epochs,
            "max_steps": self.max_steps,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "output": "not begun",
        }
        return TrainingSpec.from_json(msgspec.json.encode(document))

    def _parent(self, data: TrainingSet) -> Artifact | None:
        if self.warm_start is None or self.warm_start in _SCRATCH:
            return None
        if self.warm_start != "parent":
            return Artifact.load(self.warm_start)
        from airflow_mlp.triton.champion import deployed_before

        end = data.last_day
        if end is None:
            raise BadInput("warm_start is 'parent', but the training set names no days (dt=YYYY-MM-DD): give the URI of a bundle instead")
        parent = deployed_before(self.name, end, self.repository)
        self.log.info("the parent is %s", parent.uri if parent else "nobody: no model with older data was deployed, training from scratch")
        return parent

    def _identity(self, step: Step, spec: TrainingSpec, data: TrainingSet, parent: Artifact | None) -> Identity:
        params = msgspec.to_builtins({key: value for key, value in msgspec.structs.asdict(spec).items() if key not in _PLACES})
        # Defaults are written out, so that naming one makes no other model.
        known = spec.algorithm in presets
        params["params"] = msgspec.to_builtins(preset_params(spec)) if known else spec.params
        return Identity(
            operation="train",
            version=_VERSION,
            partition=str(step.partition),
            params=params,
            inputs=data.inputs(parent),
            code=None if known else digest_of_class(spec.algorithm or "") or self.image,
        )

    def _job(self, step: Step, spec: TrainingSpec, identity: Identity) -> Job:
        maker = step.maker
        instance = [maker.dag_id, maker.run_id, maker.task_id, maker.map_index] if maker.task_id else [identity.id]
        name = f"{self.name}-{digest_of(instance)[:12]}"
        return Job(
            name=name,
            module="mlp_train",
            spec=spec.to_json(),
            workdir=workdir_of(name, spec.output),
            resources=_resources(self.job_resources),
            places=tuple(uri for uri in (*spec.train, *spec.validation, spec.output, spec.checkpoints, spec.warm_start) if uri),
            identity=identity.id,
        )

    def _options(self) -> dict[str, Any]:
        return {
            "connection": self.connection,
            "namespace": self.namespace,
            "image": self.image,
            "volumes": self.volumes,
            "deadline": self.deadline,
        }


def configured_launcher() -> str:
    """`[mlp] train_launcher` of Airflow's configuration."""
    from airflow.sdk import conf

    return conf.get("mlp", "train_launcher", fallback="") or "process"


def _begin_checkpoint(step: Step, identity: Identity) -> Attempt:
    """Where the framework's own state goes, beside the bundle: what a warm start goes on from."""
    own = msgspec.structs.replace(identity, operation="train.checkpoint")
    return begin(kind="model", step=f"{step.name}.checkpoint", root=step.root, identity=own, maker=step.maker)


def _uris(value: str | Iterable[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [uri for uri in value if uri]


def _resources(value: Resources | Mapping[str, Any] | None) -> Resources:
    if value is None:
        return _RESOURCES
    if isinstance(value, Resources):
        return value
    return Resources.from_json(msgspec.json.encode(dict(value)))
