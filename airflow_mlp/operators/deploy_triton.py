"""DeployTritonOperator: makes a model that the gate has passed serve from Triton."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.exceptions import AirflowSkipException

from airflow_mlp.operators.base import MlpOperator
from airflow_mlp.operators.step import Step, inputs_of
from mlp_core.artifacts import Artifact, Attempt, Identity
from mlp_core.home import home

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

    from airflow_mlp.triton.client import TritonClient
    from airflow_mlp.triton.repository import Repository

_VERSION = 1


class DeployTritonOperator(MlpOperator):
    """Put a model bundle into a Triton model repository, try it there, and move the pointer to it.

    A model that the gate refused is not deployed: the task is skipped with the gate's reasons, and the old model goes
    on serving. The same bundle is always the same version; a bundle that scores otherwise than its own check rows
    never becomes visible. Output: a deployment, with the version that was given.

    :param model: URI of the model bundle. (templated)
    :param decision: URI of the report of EvaluateOperator; None deploys without a gate. (templated)
    :param name: the name that clients ask Triton for. (templated)
    :param triton_conn_id: Airflow connection (host, port) of a Triton whose model repository is `repository`; default `[mlp]
        triton_conn_id`, else the server of this machine, which is started where it does not run. (templated)
    :param repository: folder of the model repository; this machine's own by default. (templated)
    :param allow_older: let the pointer move to a model whose data end before the champion's.
    :param move_pointer: None moves it except in a backfill run; True and False say so for every run.
    """

    template_fields: ClassVar[tuple[str, ...]] = (  # type: ignore[misc]
        *MlpOperator.template_fields,
        "model",
        "decision",
        "name",
        "triton_conn_id",
        "repository",
    )
    step_name: ClassVar[str] = "deploy"
    output_names: ClassVar[tuple[str, ...]] = ("deployment",)
    ui_color = "#d8e8f0"

    def __init__(
        self,
        *,
        model: str | XComArg,
        decision: str | XComArg | None = None,
        name: str = "ctr",
        triton_conn_id: str | None = None,
        repository: str | None = None,
        allow_older: bool = False,
        move_pointer: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.decision = decision
        self.name = name
        self.triton_conn_id = triton_conn_id
        self.repository = repository
        self.allow_older = allow_older
        self.move_pointer = move_pointer

    def run(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Reconcile the server with the bundle; what is there already is left as it is."""
        from airflow_mlp.triton.deploying import deploy

        model = self.load("model")
        inputs = {"model": model}
        if self.decision is not None:
            inputs["decision"] = self.load("decision")
            _check_passed(inputs["decision"])
        move = self.move_pointer if self.move_pointer is not None else context["dag_run"].run_type != "backfill"
        with self._server() as (server, repository):
            deployed = deploy(
                model.uri, self.name, repository=repository, server=server, allow_older=self.allow_older, move_pointer=move
            )
        for reason in deployed.reasons:
            self.log.info("%s version %d: %s", deployed.name, deployed.version, reason)
        identity = Identity(
            operation="deploy_triton",
            version=_VERSION,
            partition=str(step.partition),
            params={"name": deployed.name, "version": deployed.version},
            inputs=inputs_of(inputs),
        )

        def record(attempt: Attempt) -> None:
            attempt.write_json("deployment.json", {"name": deployed.name, "version": str(deployed.version), "bundle": model.uri})

        return {"deployment": step.make("deployment", identity, record)}

    @contextmanager
    def _server(self) -> Iterator[tuple[TritonClient, Repository]]:
        from airflow_mlp.triton.client import TritonClient
        from airflow_mlp.triton.local import ensure
        from airflow_mlp.triton.repository import Repository

        connection_id = self.triton_conn_id or configured_connection()
        if not connection_id:
            local = ensure(home())
            with local.client() as client:
                yield client, local.repository
            return
        from airflow.sdk import BaseHook

        connection = BaseHook.get_connection(connection_id)
        with TritonClient(f"{connection.host}:{connection.port or 8000}") as client:
            yield client, Repository(Path(self.repository) if self.repository else home() / "models")


def configured_connection() -> str:
    """`[mlp] triton_conn_id` of Airflow's configuration, empty for this machine's own server."""
    from airflow.sdk import conf

    return conf.get("mlp", "triton_conn_id", fallback="") or ""


def _check_passed(decision: Artifact) -> None:
    verdict = decision.read_json("report.json")["decision"]
    if not verdict["promoted"]:
        failed = "; ".join(f"{reason['bar']}: {reason['found']}" for reason in verdict["reasons"] if not reason["passed"])
        raise AirflowSkipException(f"the gate refused this model ({failed}); the champion goes on serving")
