"""Spark as pyspark brings it, and the Java that it needs."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from airflow_mlp.demo.prerequisites import java_version
from airflow_mlp.launchers.base import LauncherError
from mlp_core.home import home

LEAST_JAVA = 17
CLASS_ARCHIVE = "classes.jsa"
_LINKED = ("bin", "jars")


def installed_spark() -> Path:
    """The folder of the installed pyspark, which is a SPARK_HOME. Raises LauncherError where there is none."""
    spec = importlib.util.find_spec("pyspark")
    installed = Path(spec.origin).parent if spec and spec.origin else None
    if installed is None or not (installed / "jars").is_dir():
        raise LauncherError("pyspark is not installed (with its jars): pip install 'airflow-mlp[spark]'")
    return installed


def spark_home() -> Path:
    """A SPARK_HOME with Spark's own programs and jars but not its zipped Python.

    So processes import the installed, byte-compiled pyspark: the zip would be compiled anew in each of them (0.6 s). Raises
    LauncherError where pyspark is not installed.
    """
    installed = installed_spark()
    # Resolved: a class archive fits the jars by their path, so homes that share a cache have to spell it alike.
    cache = (home() / "cache" / "spark").resolve()
    slim = cache / hashlib.sha256(f"{installed}\0{cache}".encode()).hexdigest()[:12]
    slim.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        try:
            (slim / name).symlink_to(installed / name)
        except FileExistsError:
            continue  # made before, or by another task just now
    return slim


def class_archive_options() -> str:
    """Java's options to use the archive that `class_archive` makes; nothing where there is none. Java ignores one that does not fit."""
    archive = spark_home() / CLASS_ARCHIVE
    return f"-XX:SharedArchiveFile={archive} -Xlog:cds=off -Xlog:cds+dynamic=off" if archive.exists() else ""


def check_java() -> None:
    """Raise LauncherError unless the Java that Spark would start is there and new enough."""
    found = java_version()
    if found is None or found < LEAST_JAVA:
        what = "Java is missing" if found is None else f"Java {found} is too old"
        raise LauncherError(
            f"{what} and Spark needs Java {LEAST_JAVA} or newer: install it (Debian and Ubuntu: apt-get install openjdk-17-jre-headless) "
            "or point JAVA_HOME at one"
        )


def script(module: str) -> Path:
    """The file of the job `module` (`spark_jobs.xql`), which spark-submit takes. Raises LauncherError where there is none."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise LauncherError(f"there is no Spark job {module!r}: jobs are modules of the package spark_jobs")
    return Path(spec.origin)
