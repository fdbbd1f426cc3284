"""The folders of jobs: gone after success, small after failure, and pruned with age unless a job works in them."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_mlp.launchers import workdir
from airflow_mlp.launchers.base import ERROR_FILE, JOB_FILE, Job, JobFailed
from airflow_mlp.operators.launching import LaunchesJobs

NOW, SOON = dt.timedelta(0), dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all jobs of a home."""
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "cache" / "jobs"


class Messy:
    """A launcher whose job leaves files, and fails if told to."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure

    def run(self, job: Job, context: Any = None) -> bytes:
        for name in (JOB_FILE, ERROR_FILE, "core.1234", "scratch/blockmgr/block"):
            (job.workdir / name).parent.mkdir(parents=True, exist_ok=True)
            (job.workdir / name).write_text("{}")
        if self.failure is not None:
            raise self.failure
        return job.spec

    def cancel(self, job: Job) -> None:
        raise AssertionError("nothing is to be cancelled here")


def job(name: str = "label-0123", attempt: str = "file:///a/20001120T000000-aa") -> Job:
    return Job(name=name, module="m", spec=b"{}", workdir=workdir.workdir_of(name, attempt))


def test_a_job_that_succeeds_leaves_nothing(jobs: Path) -> None:
    assert LaunchesJobs().launch(Messy(), job(), {}) == b"{}"
    assert not list(jobs.iterdir())


@pytest.mark.parametrize("failure", [JobFailed("no memory"), KeyboardInterrupt()], ids=["failed", "interrupted"])
def test_a_job_that_fails_leaves_what_explains_it(jobs: Path, failure: BaseException) -> None:
    operator = LaunchesJobs()
    with pytest.raises(type(failure)):
        operator.launch(Messy(failure), job(), {})
    (left,) = jobs.iterdir()
    assert {path.name for path in left.iterdir()} == {JOB_FILE, ERROR_FILE}
    operator.on_kill()  # nothing runs: nothing is cancelled


def test_the_next_try_clears_what_the_one_before_has_left(jobs: Path) -> None:
    another = job(name="label-4567")
    for one in (job(), another):
        with pytest.raises(JobFailed):
            LaunchesJobs().launch(Messy(JobFailed("no memory")), one, {})
    LaunchesJobs().launch(Messy(), job(attempt="file:///a/20001120T000000-bb"), {})
    assert list(jobs.iterdir()) == [another.workdir]


def test_a_job_that_never_began_leaves_nothing(jobs: Path) -> None:
    class Refusing(Messy):
        def run(self, job: Job, context: Any = None) -> bytes:
            raise JobFailed("Java is missing")

    with pytest.raises(JobFailed):
        LaunchesJobs().launch(Refusing(), job(), {})
    assert not jobs.exists()


def test_pruning_takes_old_folders_in_which_nobody_works(jobs: Path, in_folder: Callable[[Path], Any]) -> None:
    assert workdir.prune(older_than=NOW) == []
    dead, live = jobs / "dead", jobs / "live"
    for folder in (dead, live):
        folder.mkdir(parents=True)
    (jobs / "a-file").touch()
    assert workdir.prune(older_than=SOON) == []
    with in_folder(live):
        assert workdir.prune(older_than=-SOON) == [dead]
    assert workdir.prune(older_than=-SOON) == [live]
    assert [path.name for path in jobs.iterdir()] == ["a-file"]


@pytest.fixture
def in_folder() -> Callable[[Path], Any]:
    """A process that works in a folder until the block ends."""

    def start(folder: Path) -> Any:
        # Its context manager closes stdin, which ends it, and waits.
        return subprocess.Popen([sys.executable, "-c", "input()"], cwd=folder, stdin=subprocess.PIPE)

    return start
