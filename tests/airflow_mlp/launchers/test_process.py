"""The process launcher: logs, failures in the job's own words, cancelling from a signal handler."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_mlp.launchers.base import Job, JobCancelled, JobFailed, LauncherError, launcher
from airflow_mlp.launchers.process import ProcessLauncher
from mlp_core.specs import Resources

MODULE = """
import json, os, signal, sys, time
spec = json.load(open(sys.argv[2]))
print("hello", spec["name"], json.loads(os.environ["MLP_RESOURCES"])["cpu"], flush=True)
if spec.get("error"):
    json.dump({"error": spec["error"]}, open(os.environ["MLP_ERROR_FILE"], "w"))
    sys.exit(2)
if spec.get("raise"):
    raise ValueError(spec["raise"])
if spec.get("die"):
    os.kill(os.getpid(), signal.SIGKILL)
if spec.get("sleep"):
    time.sleep(600)
"""


JobMaker = Callable[[bytes], Job]


@pytest.fixture
def job(tmp_path: Path) -> JobMaker:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "a_job_of_a_test.py").write_text(MODULE)

    def make(spec: bytes) -> Job:
        return Job(
            name="train ctr",
            module="a_job_of_a_test",
            spec=spec,
            workdir=tmp_path / "work",
            env={"PYTHONPATH": str(tmp_path / "modules")},
            resources=Resources(cpu=3),
        )

    return make


def test_lines_of_the_job_are_in_the_log(job: JobMaker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = job(b'{"name": "x"}')
    assert launcher("process", {"image": "ignored", "connection": None}).run(made, {}) == made.spec
    assert "hello x 3" in caplog.messages or "hello x 3.0" in caplog.messages


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            b'{"name": "x", "error": "the training set is empty"}',
            "train ctr failed with exit code 2: the training set is empty",
        ),
        (b'{"name": "x", "raise": "no label"}', "train ctr failed with exit code 1: ValueError: no label"),
        (b'{"name": "x", "die": true}', "train ctr failed with signal SIGKILL: it left no message; its log is above"),
    ],
)
def test_a_failure_is_told_in_the_words_of_the_job(job: JobMaker, spec: bytes, message: str) -> None:
    with pytest.raises(JobFailed) as failure:
        ProcessLauncher().run(job(spec))
    assert str(failure.value) == message


def test_cancelling_from_a_signal_handler(job: JobMaker) -> None:
    runner, made = ProcessLauncher(), job(b'{"name": "x", "sleep": true}')
    before = signal.signal(signal.SIGUSR2, lambda number, frame: runner.cancel(made))
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGUSR2))
    timer.start()
    try:
        with pytest.raises(JobCancelled, match="stopped with its task"):
            runner.run(made)
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR2, before)


def test_an_unknown_launcher_is_told_with_the_known_names() -> None:
    with pytest.raises(LauncherError, match=r"'slurm' is not known: use one of process, pytorchjob, spark_local, spark_submit"):
        launcher("slurm", {})
