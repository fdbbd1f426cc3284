"""What the operators share whose work is a job that a launcher runs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from airflow_mlp.launchers import workdir
from airflow_mlp.launchers.base import Job, Launcher

if TYPE_CHECKING:
    from airflow.sdk import Context


class LaunchesJobs:
    """Mixin: the job ends with its task, and its folder is cleared with it."""

    _running: tuple[Launcher, Job] | None = None

    def launch(self, where: Launcher, job: Job, context: Context) -> bytes:
        """Run `job` to its end and return the specification that ran. A failed one leaves its specification and its sentence."""
        workdir.clear_earlier(job.name)
        self._running = (where, job)
        try:
            ran = where.run(job, context)
        except BaseException:
            workdir.thin(job.workdir)
            raise
        finally:
            self._running = None
        shutil.rmtree(job.workdir, ignore_errors=True)
        return ran

    def on_kill(self) -> None:
        """Stop the job with its task."""
        if self._running is not None:
            where, job = self._running
            where.cancel(job)
