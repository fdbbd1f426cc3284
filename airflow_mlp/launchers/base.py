"""What a launcher is: it takes a job somewhere, follows it to its end, and tells in one sentence why it failed."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlp_core.specs import Resources

if TYPE_CHECKING:
    from airflow.sdk import Context

JOB_FILE = "job.json"
ERROR_FILE = "error.json"
# A job may leave {"error": "<one sentence>"} in the file that this variable names.
ERROR_FILE_VARIABLE = "MLP_ERROR_FILE"
RESOURCES_VARIABLE = "MLP_RESOURCES"
# The exit code by which a job says that its input is wrong.
REJECTED = 2


class LauncherError(ValueError):
    """A job cannot be started as it was asked for; trying again does not help. One sentence: what, where, the cure."""


class JobFailed(Exception):
    """A job was started and did not succeed; the message is the job's own, where it left one."""


class JobRejected(JobFailed):
    """A job looked at what it was given and refused it (exit code 2): trying again does not help."""


class JobCancelled(JobFailed):
    """A job was stopped because its task was."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A module to run elsewhere, with its specification.

    name: for people, and for names on a cluster; module: run as `python -m module --job job.json`; spec: the content of
    job.json; workdir: a folder of its own on this machine; env: variables on top of those that are there; resources: of each
    worker; places: URIs that the job reads and writes; identity: what the job computes, wherever it writes: tries of one task with
    the same identity may take over each other's job; input_bytes: size of what the job reads, 0 where that is not known.
    """

    name: str
    module: str
    spec: bytes
    workdir: Path
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Resources | None = None
    places: tuple[str, ...] = ()
    identity: str = ""
    input_bytes: int = 0


class Launcher(Protocol):
    """Where jobs run. One launcher runs one job."""

    def run(self, job: Job, context: Context) -> bytes:
        """Run `job` to its end, its lines in the task's log.

        Returns the specification that ran: the job's own, or that of an earlier try whose job was found still running. Raises
        LauncherError before anything was started, JobFailed and JobCancelled after.
        """
        ...

    def cancel(self, job: Job) -> None:
        """Stop `job` and see it ended. Safe in a signal handler while `run` waits; without effect where nothing runs."""
        ...


LAUNCHERS: dict[str, str] = {
    "process": "airflow_mlp.launchers.process:ProcessLauncher",
    "pytorchjob": "airflow_mlp.launchers.pytorchjob:PyTorchJobLauncher",
    "spark_local": "airflow_mlp.launchers.spark_local:SparkLocalLauncher",
    "spark_submit": "airflow_mlp.launchers.spark_submit:SparkSubmitLauncher",
}


def launcher(name: str, options: Mapping[str, Any]) -> Launcher:
    """A new launcher by its name in LAUNCHERS.

    Options that it has no use for, and those that are None, are left out, so that one Dag file runs on any. Raises LauncherError
    for an unknown name.
    """
    if name not in LAUNCHERS:
        raise LauncherError(f"the launcher {name!r} is not known: use one of {', '.join(sorted(LAUNCHERS))}")
    module, _, attribute = LAUNCHERS[name].partition(":")
    factory = getattr(importlib.import_module(module), attribute)
    known = inspect.signature(factory).parameters
    made: Launcher = factory(**{key: value for key, value in options.items() if key in known and value is not None})
    return made
