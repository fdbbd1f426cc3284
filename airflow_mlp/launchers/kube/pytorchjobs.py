"""What is asked of the API server about PyTorchJobs and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_mlp.launchers.kube import manifest
from airflow_mlp.launchers.kube.cluster import TIMEOUT, Cluster, told

_LOOK_EVERY = 2  # seconds: how late a line of the log may be


def read(cluster: Cluster, name: str) -> dict[str, Any] | None:
    """The PyTorchJob `name`, None if there is none."""
    from kubernetes.client.exceptions import ApiException

    try:
        found: dict[str, Any] = cluster.custom.get_namespaced_custom_object(
            manifest.GROUP, manifest.VERSION, cluster.namespace, manifest.PLURAL, name, _request_timeout=TIMEOUT
        )
    except ApiException as error:
        if error.status == 404:
            return None
        raise
    return found


def pods_of(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    """The pods of the job, as plain dictionaries."""
    found = cluster.core.list_namespaced_pod(
        cluster.namespace, label_selector=f"training.kubeflow.org/job-name={name}", _request_timeout=TIMEOUT
    )
    plain: list[dict[str, Any]] = [cluster.client.sanitize_for_serialization(pod) for pod in found.items]
    return plain


def left(cluster: Cluster, name: str) -> bool:
    """Whether the job, a pod or the config map of its is still there."""
    if read(cluster, name) is not None or pods_of(cluster, name):
        return True
    maps = cluster.core.list_namespaced_config_map(cluster.namespace, field_selector=f"metadata.name={name}", _request_timeout=TIMEOUT)
    return bool(maps.items)


def ended(found: Mapping[str, Any]) -> str | None:
    """ "Succeeded" or "Failed", None while the job may still run. Conditions are a set, in no order."""
    true = {each["type"] for each in (found.get("status") or {}).get("conditions") or [] if each["status"] == "True"}
    return next((kind for kind in ("Succeeded", "Failed") if kind in true), None)


def delete(cluster: Cluster, name: str) -> None:
    """Delete the job, if it is there; its pods and its config map go with it."""
    from kubernetes.client.exceptions import ApiException

    with told(cluster, f"delete the PyTorchJob {name}"):
        try:
            cluster.custom.delete_namespaced_custom_object(
                manifest.GROUP,
                manifest.VERSION,
                cluster.namespace,
                manifest.PLURAL,
                name,
                propagation_policy="Background",
                _request_timeout=TIMEOUT,
            )
        except ApiException as error:
            if error.status != 404:
                raise


def wait_for_change(cluster: Cluster, name: str, version: str) -> None:
    """Return when the job changes from its resource version `version`, or after a moment, so that the log is looked at."""
    from kubernetes.client.exceptions import ApiException
    from kubernetes.watch import Watch

    changes = Watch().stream(
        cluster.custom.list_namespaced_custom_object,
        manifest.GROUP,
        manifest.VERSION,
        cluster.namespace,
        manifest.PLURAL,
        field_selector=f"metadata.name={name}",
        resource_version=version,
        timeout_seconds=_LOOK_EVERY,
        _request_timeout=TIMEOUT,
    )
    try:
        next(iter(changes), None)
    except ApiException as error:
        if error.status != 410:  # the version is too old to watch from; the job is read again anyway
            raise
    finally:
        changes.close()


def unreachable() -> tuple[type[Exception], ...]:
    """The exceptions of an API server that is away."""
    from kubernetes.client.exceptions import ServiceException
    from urllib3.exceptions import HTTPError

    return HTTPError, ServiceException
