"""Spark on this machine: `spark-submit --master local[*]`, as a process that ends with its task."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_mlp.launchers.base import Job
from airflow_mlp.launchers.process import ProcessLauncher
from airflow_mlp.launchers.spark_home import check_java, class_archive_options, script, spark_home

if TYPE_CHECKING:
    from airflow.sdk import Context

_LOG4J = Path(__file__).with_name("spark_log4j2.properties")
# A small job on one machine lives for seconds: these make its Java start quickly.
_QUICK_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
# A larger one runs for long enough that Java's optimising compiler pays: half the time on ten million rows.
_LARGE_JAVA = "-XX:+UseSerialGC -Xshare:auto"
_LARGE_BYTES = 16 << 20
_DEFAULT_MEMORY = "1g"
_LOCAL_CONF = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "32",
    # Local files are listed in a moment; beyond this many paths Spark would start a job of one task per path for it.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
    "spark.python.daemon.module": "spark_jobs.daemon",
}


class SparkLocalLauncher(ProcessLauncher):
    """Runs a job of `spark_jobs` by the spark-submit of the installed pyspark, on all cores or on as many as the job's resources say.

    driver_memory: heap of the one Java process, in Spark's spelling ("2g"), where the job's resources name no memory; conf: more
    Spark settings; java_options: more of Java's, default the class archive's; grace: seconds between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        driver_memory: str = _DEFAULT_MEMORY,
        conf: Mapping[str, str] | None = None,
        java_options: str | None = None,
        grace: float = 10.0,
    ) -> None:
        super().__init__(grace)
        self.java_options = java_options
        self.driver_memory = driver_memory
        self.conf = dict(conf or {})

    def run(self, job: Job, context: Context | None = None) -> bytes:
        """Run `job` and wait for it. Raises LauncherError where Java or pyspark is missing, else as ProcessLauncher."""
        check_java()
        return super().run(job, context)

    def command(self, job: Job, spec: Path) -> list[str]:
        """The spark-submit command line for `job`."""
        cores, memory = "*", self.driver_memory
        if job.resources is not None:
            cores, memory = str(job.resources.threads), f"{job.resources.memory_bytes >> 20}m"
        extra = class_archive_options() if self.java_options is None else self.java_options
        own = {**_LOCAL_CONF, "spark.local.dir": str(spec.parent / "scratch"), "spark.sql.warehouse.dir": str(spec.parent / "warehouse")}
        options = ["--master", f"local[{cores}]", "--driver-memory", memory, "--name", job.name]
        java = _LARGE_JAVA if job.input_bytes >= _LARGE_BYTES else _QUICK_JAVA
        options += ["--driver-java-options", f"{java} {extra} -Dlog4j2.configurationFile={_LOG4J.as_uri()}"]
        for key, value in {**own, **self.conf}.items():
            options += ["--conf", f"{key}={value}"]
        return [str(spark_home() / "bin" / "spark-submit"), *options, str(script(job.module)), "--job", str(spec)]

    def environment(self, job: Job, error: Path) -> dict[str, str]:
        """The process's variables, with Spark's own: this interpreter in the driver and in the workers, nothing but loopback."""
        return {
            **super().environment(job, error),
            "SPARK_HOME": str(spark_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LAUNCHER_OPTS": _QUICK_JAVA,
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", "ignore::FutureWarning"),
        }
