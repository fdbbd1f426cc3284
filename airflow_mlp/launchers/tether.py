"""Stands between a task and its job, so that neither the job nor anything it started outlives the task.

A program of its own: `python -I tether.py PARENT_PID GRACE_SECONDS COMMAND…`. It ends with the job's exit code, 128 + n where
signal n ended the job, 127 where the job could not be started. Linux only (prctl(2), PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
PARENT_DIED = signal.SIGUSR1
_STOP = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_WATCHED = _STOP | {PARENT_DIED, signal.SIGCHLD}
_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends, is stopped, or the parent dies; returns its exit code."""
    parent, grace, command = int(arguments[0]), float(arguments[1]), list(arguments[2:])
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    _prctl(_PR_SET_PDEATHSIG, PARENT_DIED)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:  # it died before prctl
        return 128 + signal.SIGKILL
    try:
        job = subprocess.Popen(command, preexec_fn=_tie_to_this)  # noqa: PLW1509 - this program has one thread
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    return _supervise(job.pid, grace)


def _supervise(job: int, grace: float) -> int:
    deadline: float | None = None
    while True:
        received = _next_signal(deadline)
        if received is None or received == PARENT_DIED:
            _kill_descendants()
        elif received in _STOP and deadline is None:
            deadline = time.monotonic() + grace
            os.kill(job, signal.SIGTERM)
        ended = _reap(job)
        if ended is not None:
            _kill_descendants()
            return ended


def _next_signal(deadline: float | None) -> int | None:
    """The next signal; None once the deadline has passed."""
    if deadline is None:
        return signal.sigwaitinfo(_WATCHED).si_signo
    received = signal.sigtimedwait(_WATCHED, max(0.0, deadline - time.monotonic()))
    return None if received is None else received.si_signo


def _reap(job: int) -> int | None:
    """Collect every child that has ended, adopted ones too; the job's code if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == job:
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code


def _kill_descendants() -> None:
    import psutil

    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _tie_to_this() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) is refused")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
