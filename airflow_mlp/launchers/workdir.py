"""The folders in which jobs run on this machine: one for each try, gone with it, but for the little that tells of a failure."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

from airflow_mlp.launchers.base import ERROR_FILE, JOB_FILE
from mlp_core.home import home

_KEPT = frozenset({JOB_FILE, ERROR_FILE})


def workdir_of(name: str, attempt: str) -> Path:
    """The folder of the try of the job `name` that writes the attempt at the URI `attempt`."""
    return _folder() / f"{name}-{attempt.rsplit('/', 1)[-1]}"


def clear_earlier(name: str) -> None:
    """Remove what earlier tries of the job `name` have left: a task instance has one try at a time, and jobs end with theirs."""
    for folder in _folder().glob(f"{name}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def thin(workdir: Path) -> None:
    """Leave of a failed job what it was told and the sentence that it left; Spark's scratch files may be large."""
    for path in workdir.iterdir() if workdir.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in _KEPT:
            path.unlink(missing_ok=True)


def prune(*, older_than: dt.timedelta) -> list[Path]:
    """Remove folders of failed and killed jobs that were made before `older_than` ago; returns them. Those of live jobs stay."""
    limit = (dt.datetime.now(dt.UTC) - older_than).timestamp()
    old = [folder for folder in sorted(_folder().glob("*/")) if folder.stat().st_mtime < limit]
    used = set(_used()) if old else set()
    removed = [folder for folder in old if folder.resolve() not in used]
    for folder in removed:
        shutil.rmtree(folder, ignore_errors=True)
    return removed


def _folder() -> Path:
    return home() / "cache" / "jobs"


def _used() -> Iterator[Path]:
    """The folders that live processes work in: a job works in its own."""
    import psutil

    for process in psutil.process_iter():
        try:
            yield Path(process.cwd())
        except psutil.Error:
            continue
