"""What pods say about why a job does not run, or failed. Pods are plain dictionaries, as the API has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# Reasons for which a container waits that do not pass by themselves.
_STUCK = {
    "ImagePullBackOff": "its image {image!r} cannot be pulled ({message}): is the name right, may the cluster pull it?",
    "InvalidImageName": "its image {image!r} is no valid name",
    "ErrImageNeverPull": "its image {image!r} is not on the node, and its pull policy forbids to fetch it",
    "CreateContainerConfigError": "its container cannot be configured: {message}",
    "CreateContainerError": "its container cannot be made: {message}",
    "RunContainerError": "its container cannot be started: {message}",
}


@dataclass(frozen=True)
class Failure:
    """Why a pod failed. code: the container's exit code, None where it never ran."""

    sentence: str
    code: int | None = None


def stuck(pods: Iterable[dict[str, Any]]) -> str | None:
    """Why one of the pods will never start, None if they may."""
    for pod in pods:
        for status in _statuses(pod):
            waiting = status.get("state", {}).get("waiting") or {}
            text = _STUCK.get(waiting.get("reason", ""))
            if text is not None:
                said = " ".join(waiting.get("message", waiting["reason"]).split())
                return f"the pod {pod['metadata']['name']} cannot start: {text.format(image=status.get('image', ''), message=said)}"
    return None


def without_room(pods: Iterable[dict[str, Any]]) -> str | None:
    """Why the scheduler has found no node for one of the pods, None if all have one."""
    for pod in pods:
        for condition in pod.get("status", {}).get("conditions") or []:
            if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
                return f"the pod {pod['metadata']['name']} waits for room: {condition.get('message', '')}"
    return None


def failure(pods: Iterable[dict[str, Any]]) -> Failure | None:
    """Why the first pod that failed did so, None if none has."""
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status", {})
        for container in _statuses(pod):
            ended = container.get("state", {}).get("terminated")
            if ended and ended.get("exitCode"):
                return Failure(f"the pod {name} {_ended(ended)}", ended["exitCode"])
        if status.get("phase") == "Failed":
            said = status.get("message") or status.get("reason") or "it left no message"
            return Failure(f"the pod {name} failed: {said}")
    return None


def _ended(ended: dict[str, Any]) -> str:
    if ended.get("reason") == "OOMKilled":
        return "was killed because it used more memory than its limit (OOMKilled): give it more in resources"
    lines = [line for line in ended.get("message", "").splitlines() if line.strip()]
    said = lines[-1].strip() if lines else "it left no message; its log is above"
    return f"failed with exit code {ended['exitCode']}: {said}"


def _statuses(pod: dict[str, Any]) -> list[dict[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
