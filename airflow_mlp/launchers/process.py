"""A job as a local process of the task that started it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from airflow_mlp.launchers.base import (
    ERROR_FILE,
    ERROR_FILE_VARIABLE,
    JOB_FILE,
    REJECTED,
    RESOURCES_VARIABLE,
    Job,
    JobCancelled,
    JobFailed,
    JobRejected,
)
from airflow_mlp.launchers.child import Child, Ended
from mlp_core.home import artifact_root, home, warehouse

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)


class ProcessLauncher:
    """Runs `python -m module --job job.json` with this interpreter; the job ends when its task does, however that ends.

    grace: seconds that a job has between SIGTERM and SIGKILL.
    """

    def __init__(self, grace: float = 10.0) -> None:
        self.grace = grace
        self._child: Child | None = None
        self._cancelled = False

    def run(self, job: Job, context: Context | None = None) -> bytes:
        """Run `job` and wait for it. Raises JobFailed with the job's own sentence, JobCancelled if `cancel` was called."""
        job.workdir.mkdir(parents=True, exist_ok=True)
        spec, error = job.workdir / JOB_FILE, job.workdir / ERROR_FILE
        spec.write_bytes(job.spec)
        error.unlink(missing_ok=True)
        command = self.command(job, spec)
        self._child = Child(command, env=self.environment(job, error), cwd=job.workdir, grace=self.grace)
        log.info("starting %s as a process: %s", job.name, " ".join(command))
        ended = self._child.run(log.info)
        if self._cancelled:
            raise JobCancelled(f"{job.name} was stopped with its task")
        if ended.code != 0:
            kind = JobRejected if ended.code == REJECTED else JobFailed
            raise kind(f"{job.name} failed with {ended.how}: {reason(error, ended)}")
        return job.spec

    def command(self, job: Job, spec: Path) -> list[str]:
        """The command line that runs `job` with the specification in the file `spec`."""
        return [sys.executable, "-m", job.module, "--job", str(spec)]

    def environment(self, job: Job, error: Path) -> dict[str, str]:
        """The variables of the process; `error` is where the job may leave its sentence."""
        return environment(job, error)

    def cancel(self, job: Job) -> None:
        """Stop the process: SIGTERM, the grace, SIGKILL."""
        self._cancelled = True
        if self._child is not None:
            self._child.cancel()


def environment(job: Job, error: Path) -> dict[str, str]:
    """The variables of a job's process: this process's, places made absolute because the job runs in a folder of its own."""
    places = {"MLP_HOME": str(home()), "MLP_ARTIFACT_ROOT": artifact_root(), "MLP_WAREHOUSE": warehouse()}
    own = {ERROR_FILE_VARIABLE: str(error), "PYTHONUNBUFFERED": "1"}
    if job.resources is not None:
        own[RESOURCES_VARIABLE] = job.resources.to_json().decode()
    return {**os.environ, **places, **own, **job.env}


def reason(error: Path, ended: Ended) -> str:
    """Why a job failed, in its own words: its error file, else its last line on stderr."""
    try:
        document = msgspec.json.decode(error.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        document = None
    if isinstance(document, dict) and document.get("error"):
        return str(document["error"])
    return ended.last_error or "it left no message; its log is above"
