"""The PyTorchJob of a job, and the config map with its job.json."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_mlp.launchers.base import ERROR_FILE_VARIABLE, JOB_FILE, RESOURCES_VARIABLE, Job
from airflow_mlp.launchers.kube.volumes import Volume
from mlp_core.artifacts.manifest import digest_of
from mlp_core.specs import Resources

GROUP, VERSION, PLURAL, KIND = "kubeflow.org", "v1", "pytorchjobs", "PyTorchJob"
CONTAINER = "pytorch"  # the name that the operator looks for
MASTER_POD = "{name}-master-0"
MANAGED_BY = "app.kubernetes.io/managed-by"
OURS = "airflow-mlp"
JOB_NAME = "airflow-mlp/job"
IDENTITY = "airflow-mlp/identity"
_FOLDER = "/etc/airflow-mlp"
_SPEC_VOLUME = "job-spec"
_LONGEST = 40  # the pods' names, NAME-master-0, are host names and have room for 63
_KEPT_SECONDS = 86_400
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def object_name(name: str) -> str:
    """A DNS-1035 label for a job's name: the name itself where it is one, else what is left of it and a digest."""
    if len(name) <= _LONGEST and _NAME.fullmatch(name):
        return name
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    readable = (plain if plain[:1].isalpha() else f"mlp-{plain}")[: _LONGEST - 9].rstrip("-")
    return f"{readable}-{digest_of(name)[:8]}"


def pytorchjob(job: Job, *, image: str, volumes: Sequence[Volume]) -> dict[str, Any]:
    """The PyTorchJob: a master, and workers where more than one process trains."""
    resources = job.resources or Resources()
    pod = _pod(job, image, resources, volumes)
    replicas = {"Master": {"replicas": 1, "restartPolicy": "Never", "template": pod}}
    if resources.workers > 1:
        replicas["Worker"] = {"replicas": resources.workers - 1, "restartPolicy": "Never", "template": pod}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {
            "name": object_name(job.name),
            "labels": {MANAGED_BY: OURS},
            "annotations": {JOB_NAME: job.name, IDENTITY: job.identity},
        },
        "spec": {
            # No backoffLimit: at its limit the operator deletes the pods, and with them why they failed.
            "runPolicy": {"cleanPodPolicy": "Running", "ttlSecondsAfterFinished": _KEPT_SECONDS},
            "pytorchReplicaSpecs": replicas,
        },
    }


def config_map(job: Job, owner: Mapping[str, Any]) -> dict[str, Any]:
    """The config map with job.json, which goes when its owner, the PyTorchJob, does."""
    metadata = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": metadata["name"], "labels": {MANAGED_BY: OURS}, "ownerReferences": [reference]},
        "data": {JOB_FILE: job.spec.decode()},
    }


def _pod(job: Job, image: str, resources: Resources, volumes: Sequence[Volume]) -> dict[str, Any]:
    limits = {"cpu": f"{resources.cpu:g}", "memory": resources.memory}
    if resources.gpu:
        limits[resources.gpu_type] = str(resources.gpu)
    env = {
        "PYTHONUNBUFFERED": "1",
        RESOURCES_VARIABLE: resources.to_json().decode(),
        ERROR_FILE_VARIABLE: "/dev/termination-log",
        **job.env,
    }
    mounts = [{"name": f"volume-{index}", "mountPath": each.mount, "readOnly": each.read_only} for index, each in enumerate(volumes)]
    container = {
        "name": CONTAINER,
        "image": image,
        "command": ["python", "-m", job.module, "--job", f"{_FOLDER}/{JOB_FILE}"],
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "resources": {"requests": limits, "limits": limits},
        "volumeMounts": [{"name": _SPEC_VOLUME, "mountPath": _FOLDER, "readOnly": True}, *mounts],
        # A job that leaves no message of its own is spoken for by the last lines of its log.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    sources = [{"name": f"volume-{index}", **each.source} for index, each in enumerate(volumes)]
    return {
        "metadata": {"labels": {MANAGED_BY: OURS}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": _SPEC_VOLUME, "configMap": {"name": object_name(job.name)}}, *sources],
        },
    }
