"""A job as a PyTorchJob of Kubeflow's training operator (v1)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_mlp.launchers.base import JOB_FILE, REJECTED, Job, JobCancelled, JobFailed, JobRejected, LauncherError
from airflow_mlp.launchers.kube import manifest, pods, pytorchjobs
from airflow_mlp.launchers.kube.cluster import TIMEOUT, Cluster, connect, message, told
from airflow_mlp.launchers.kube.logs import LogCopy
from airflow_mlp.launchers.kube.volumes import Volume, check_reachable, volumes_of

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)
_DAY = 86_400.0
_LOOK_EVERY = 2  # seconds: how late a line of the log may be
_PATIENCE = 60.0  # seconds: for an API server or a webhook that is away


class PyTorchJobLauncher:
    """Runs a job's module in pods; the master's log goes to the task's log.

    The job's name follows from the task instance, so that a try finds the job of the try before it: one that still runs and computes
    the same is followed to its end, any other is deleted first.

    connection: an Airflow connection of the type `kubernetes`, or the path of a kubeconfig; image: holds the module; volumes: as
    `airflow_mlp.launchers.kube.volumes.Volume`; deadline: seconds after which the job is given up.
    """

    def __init__(
        self,
        connection: str | None = None,
        namespace: str | None = None,
        image: str | None = None,
        volumes: Iterable[Volume | Mapping[str, Any]] = (),
        deadline: float = _DAY,
    ) -> None:
        if not image:
            raise LauncherError("the launcher 'pytorchjob' needs an image: name the container image that holds the training library")
        self.image = image
        self.connection = connection
        self.namespace = namespace
        self.volumes = volumes_of(volumes)
        self.deadline = deadline
        self._cancelled = threading.Event()
        self._cluster: Cluster | None = None
        self._started = False

    def run(self, job: Job, context: Context | None = None) -> bytes:
        """Create the PyTorchJob, or find the one of an earlier try; follow it to its end and delete it if it succeeded.

        A failed one is kept for a day, or until the next try. One that nobody will come back for (LauncherError, or this task is stopped)
        is deleted.
        """
        check_reachable(job.places, self.volumes)
        self._cluster = cluster = connect(self.connection, self.namespace)
        name = manifest.object_name(job.name)
        try:
            made = self._start(cluster, job)
            ran = self._specify(cluster, job, made)
            with told(cluster, f"follow the PyTorchJob {name}"):
                self._follow(cluster, made)
        except JobFailed:
            raise
        except BaseException:
            self.cancel(job)
            raise
        pytorchjobs.delete(cluster, name)
        return ran

    def cancel(self, job: Job) -> None:
        """Delete the PyTorchJob; its pods are told to end at once."""
        self._cancelled.set()
        if self._cluster is not None and self._started:
            pytorchjobs.delete(self._cluster.apart(), manifest.object_name(job.name))

    def _start(self, cluster: Cluster, job: Job) -> dict[str, Any]:
        """The PyTorchJob of this task: a new one, or that of an earlier try."""
        name = manifest.object_name(job.name)
        made = self._create(cluster, job)
        if made is None:
            made = self._earlier(cluster, job, name)
        if made is None:
            self._delete_and_wait(cluster, name)
            made = self._create(cluster, job)
            if made is None:
                raise JobFailed(f"the PyTorchJob {cluster.namespace}/{name} was created by somebody else at the same moment; try again")
        self._started = True
        return made

    def _create(self, cluster: Cluster, job: Job) -> dict[str, Any] | None:
        """The new PyTorchJob, None if there is one of that name."""
        from kubernetes.client.exceptions import ApiException

        body = manifest.pytorchjob(job, image=self.image, volumes=self.volumes)
        until = time.monotonic() + _PATIENCE
        with told(cluster, f"create the PyTorchJob {body['metadata']['name']}"):
            while True:
                try:
                    made: dict[str, Any] = cluster.custom.create_namespaced_custom_object(
                        manifest.GROUP, manifest.VERSION, cluster.namespace, manifest.PLURAL, body, _request_timeout=TIMEOUT
                    )
                except ApiException as error:
                    if error.status == 409:
                        return None
                    # A webhook whose server is away says nothing against the job.
                    if "failed calling webhook" not in message(error) or time.monotonic() > until or self._cancelled.wait(1):
                        raise
                else:
                    log.info("created the PyTorchJob %s/%s", cluster.namespace, made["metadata"]["name"])
                    return made

    def _earlier(self, cluster: Cluster, job: Job, name: str) -> dict[str, Any] | None:
        """The job of an earlier try that still runs and computes the same; None if what is there has to go."""
        with told(cluster, f"read the PyTorchJob {name}"):
            found = pytorchjobs.read(cluster, name)
        if found is None:
            return None
        metadata = found["metadata"]
        notes = metadata.get("annotations") or {}
        if (metadata.get("labels") or {}).get(manifest.MANAGED_BY) != manifest.OURS or notes.get(manifest.JOB_NAME) != job.name:
            raise LauncherError(f"the PyTorchJob {cluster.namespace}/{name} exists and was not made by this task: delete or rename it")
        over = "deletionTimestamp" in metadata or pytorchjobs.ended(found) is not None
        if over or notes.get(manifest.IDENTITY) != job.identity:
            return None
        log.info("the PyTorchJob %s/%s of an earlier try still runs; it is followed to its end", cluster.namespace, name)
        return found

    def _specify(self, cluster: Cluster, job: Job, owner: Mapping[str, Any]) -> bytes:
        """Give the pods their job.json; returns the one that they have."""
        from kubernetes.client.exceptions import ApiException

        name = owner["metadata"]["name"]
        with told(cluster, f"create the config map {name}"):
            try:
                cluster.core.create_namespaced_config_map(cluster.namespace, manifest.config_map(job, owner), _request_timeout=TIMEOUT)
            except ApiException as error:
                if error.status != 409:
                    raise
                found = cluster.core.read_namespaced_config_map(name, cluster.namespace, _request_timeout=TIMEOUT)
                return str(found.data[JOB_FILE]).encode()
        return job.spec

    def _follow(self, cluster: Cluster, made: Mapping[str, Any]) -> None:
        """Wait for the end of the job `made`, its master's log copied meanwhile."""
        name, uid = made["metadata"]["name"], made["metadata"]["uid"]
        logs = LogCopy(cluster, manifest.MASTER_POD.format(name=name), manifest.CONTAINER, log.info)
        where = f"the PyTorchJob {cluster.namespace}/{name}"
        until, away, room = time.monotonic() + self.deadline, False, None
        while not self._cancelled.is_set():
            try:
                found = pytorchjobs.read(cluster, name)
                if found is None or found["metadata"]["uid"] != uid:
                    break
                ended = pytorchjobs.ended(found)
                logs.copy(final=ended is not None)
                if ended == "Succeeded":
                    return
                listed = pytorchjobs.pods_of(cluster, name)
                if ended == "Failed":
                    raise _failed(where, found, listed)
                self._give_up_if(pods.stuck(listed), cluster, name, where)
                room = _tell_change(room, pods.without_room(listed))
                pytorchjobs.wait_for_change(cluster, name, found["metadata"]["resourceVersion"])
                away = False
            except pytorchjobs.unreachable() as error:
                if not away:
                    away = True
                    log.warning("%s does not answer, %s goes on without being watched: %s", cluster.host, where, error)
                self._cancelled.wait(1)
            if time.monotonic() > until:
                self._give_up_if(f"it has not ended within {self.deadline:g} seconds", cluster, name, where)
        if self._cancelled.is_set():
            pytorchjobs.delete(cluster, name)  # again: `cancel` may have come before the job was there
            raise JobCancelled(f"{where} was deleted because its task was stopped")
        raise JobFailed(f"{where} is gone: somebody deleted it while it ran")

    def _give_up_if(self, reason: str | None, cluster: Cluster, name: str, where: str) -> None:
        if reason is not None:
            pytorchjobs.delete(cluster, name)
            raise JobFailed(f"{where} was given up: {reason}")

    def _delete_and_wait(self, cluster: Cluster, name: str) -> None:
        """Delete the job and wait until neither it nor a pod or config map of its is left, so that a new one meets nothing old."""
        log.info("deleting the PyTorchJob %s/%s that an earlier try has left", cluster.namespace, name)
        pytorchjobs.delete(cluster, name)
        until = time.monotonic() + _PATIENCE
        with told(cluster, f"delete the PyTorchJob {name}"):
            while pytorchjobs.left(cluster, name):
                if time.monotonic() > until:
                    raise JobFailed(f"the PyTorchJob {cluster.namespace}/{name} of an earlier try stays: look at its finalizers and pods")
                if self._cancelled.wait(0.5):
                    raise JobCancelled(f"the PyTorchJob {cluster.namespace}/{name} was not started because its task was stopped")


def _tell_change(before: str | None, now: str | None) -> str | None:
    if now != before:
        log.info(now or "every pod has a node")
    return now


def _failed(where: str, found: Mapping[str, Any], listed: list[dict[str, Any]]) -> JobFailed:
    why = pods.failure(listed)
    if why is not None:
        return (JobRejected if why.code == REJECTED else JobFailed)(f"{where} failed: {why.sentence}")
    said = [each.get("message", "") for each in found["status"]["conditions"] if each["type"] == "Failed"]
    return JobFailed(f"{where} failed: {said[0] if said else 'it says no more'}")
