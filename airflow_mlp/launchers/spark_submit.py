"""Spark on a cluster: `spark-submit` in client mode, to the master that an Airflow connection names."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_mlp.launchers.base import Job, LauncherError
from airflow_mlp.launchers.process import ProcessLauncher
from airflow_mlp.launchers.spark_home import check_java, installed_spark, script

if TYPE_CHECKING:
    from airflow.sdk import Connection, Context

_PLACES = ("file", "")


class SparkSubmitLauncher(ProcessLauncher):
    """Runs a job of `spark_jobs` on the Spark cluster of an Airflow connection (type `spark`, as of the Spark provider).

    The connection's host and port are the master (`yarn`, `spark://host:7077`, `k8s://https://host`); its extra may name `queue` and
    `conf`. The cluster's Python (`spark.pyspark.python`) needs this package, and its workers must reach the artifact root, so local folders
    are refused before anything is submitted.

    connection: the Airflow connection's id; driver_memory: heap of the driver, here; conf: more Spark settings.
    """

    def __init__(
        self,
        connection: str = "spark_default",
        driver_memory: str = "1g",
        conf: Mapping[str, str] | None = None,
        grace: float = 30.0,
    ) -> None:
        super().__init__(grace)
        self.connection = connection
        self.driver_memory = driver_memory
        self.conf = dict(conf or {})
        self._where: Connection | None = None

    def run(self, job: Job, context: Context | None = None) -> bytes:
        """Submit `job` and wait for it. Raises LauncherError before anything is submitted, else as ProcessLauncher."""
        from airflow.sdk import BaseHook

        check_java()
        self._where = BaseHook.get_connection(self.connection)
        if not self._master(self._where).startswith("local"):
            for place in job.places:
                if urlsplit(place).scheme in _PLACES:
                    raise LauncherError(
                        f"the workers of {self._master(self._where)} cannot reach {place}: put warehouse and artifact root on storage "
                        "that they share (hdfs:, s3: …), by [mlp] artifact_root or the operator's artifact_root"
                    )
        return super().run(job, context)

    def command(self, job: Job, spec: Path) -> list[str]:
        """The spark-submit command line for `job`."""
        assert self._where is not None
        extra = self._where.extra_dejson
        options = ["--master", self._master(self._where), "--deploy-mode", "client"]
        options += ["--driver-memory", self.driver_memory, "--name", job.name]
        if extra.get("queue"):
            options += ["--queue", str(extra["queue"])]
        settings = {str(key): str(value) for key, value in dict(extra.get("conf") or {}).items()}
        if job.resources is not None:
            settings["spark.executor.instances"] = str(job.resources.workers)
            settings["spark.executor.cores"] = str(job.resources.threads)
            settings["spark.executor.memory"] = f"{job.resources.memory_bytes >> 20}m"
        for key, value in {**settings, **self.conf}.items():
            options += ["--conf", f"{key}={value}"]
        return [str(installed_spark() / "bin" / "spark-submit"), *options, str(script(job.module)), "--job", str(spec)]

    def environment(self, job: Job, error: Path) -> dict[str, str]:
        """The process's variables: the driver's Python is this one, the workers' is the cluster's."""
        return {**super().environment(job, error), "SPARK_HOME": str(installed_spark()), "PYSPARK_DRIVER_PYTHON": sys.executable}

    @staticmethod
    def _master(connection: Connection) -> str:
        host = connection.host or "yarn"
        return f"{host}:{connection.port}" if connection.port else host
