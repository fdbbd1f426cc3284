"""A Kubernetes cluster as an Airflow connection or a kubeconfig names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from airflow_mlp.launchers.base import JobFailed, LauncherError

# Seconds to connect, and to wait for an answer.
TIMEOUT = (5, 30)
DEFAULT_CONNECTION = "kubernetes_default"


@dataclass(frozen=True)
class Cluster:
    """An API client and the namespace to work in."""

    client: Any
    namespace: str

    @cached_property
    def core(self) -> Any:
        """Pods, config maps and their like."""
        from kubernetes import client

        return client.CoreV1Api(self.client)

    @cached_property
    def custom(self) -> Any:
        """Custom resources."""
        from kubernetes import client

        return client.CustomObjectsApi(self.client)

    @property
    def host(self) -> str:
        """The API server's address."""
        return str(self.client.configuration.host)

    def apart(self) -> Cluster:
        """The same cluster with connections of its own: for a signal handler, which may have interrupted a call on this one."""
        from kubernetes import client

        return Cluster(client.ApiClient(self.client.configuration), self.namespace)


def connect(connection: str | None, namespace: str | None = None) -> Cluster:
    """The cluster of an Airflow connection of the type `kubernetes`, or of the kubeconfig file at a path (with a `/` in it).

    Without a connection: `kubernetes_default`, else the cluster that this process runs in, else the user's own kubeconfig. Raises
    LauncherError if there is no such connection or file.
    """
    if connection is not None and "/" in connection:
        return _from_file(Path(connection).expanduser(), namespace)
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    from airflow.sdk.exceptions import AirflowNotFoundException
    from kubernetes.config import ConfigException

    try:
        hook = KubernetesHook(conn_id=connection or DEFAULT_CONNECTION)
        return Cluster(hook.get_conn(), namespace or hook.get_namespace() or "default")
    except AirflowNotFoundException:
        raise LauncherError(f"there is no Airflow connection {connection!r}: add it, of the type kubernetes, with a kubeconfig") from None
    except ConfigException as error:
        raise LauncherError(f"the Airflow connection {connection or DEFAULT_CONNECTION!r} leads to no cluster: {error}") from error


def _from_file(path: Path, namespace: str | None) -> Cluster:
    from kubernetes import config

    try:
        client = config.new_client_from_config(config_file=str(path))
        _, active = config.list_kube_config_contexts(config_file=str(path))
    except config.ConfigException as error:
        raise LauncherError(f"the kubeconfig {path} cannot be used: {error}") from error
    return Cluster(client, namespace or active["context"].get("namespace") or "default")


@contextmanager
def told(cluster: Cluster, doing: str) -> Iterator[None]:
    """Turn refusals of the API server into one sentence that says what was being done."""
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ApiException as error:
        kind = LauncherError if error.status in (400, 401, 403, 404, 422) else JobFailed
        raise kind(f"{cluster.host} refuses to {doing} ({error.status}): {message(error)}") from error
    except HTTPError as error:
        raise JobFailed(f"{cluster.host} does not answer while asked to {doing}: {error}") from error


def message(error: Any) -> str:
    """What the API server says in an error, on one line."""
    import json

    try:
        text = json.loads(error.body)["message"]
    except (TypeError, ValueError, KeyError):
        text = error.body or error.reason
    return " ".join(str(text).split())
