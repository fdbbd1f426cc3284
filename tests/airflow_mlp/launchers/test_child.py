"""A child process: lines, exit codes, and that it never outlives whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from airflow_mlp.launchers.child import Child, Ended

SLEEPER = "import sys, time; print(*sys.argv[1:], flush=True); time.sleep(600)"
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def gone(pid: int, within: float = 10.0) -> bool:
    try:
        psutil.Process(pid).wait(timeout=within)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_lines_come_from_both_pipes_and_the_last_error_is_kept() -> None:
    lines: list[str] = []
    ended = Child(python("import sys; print('a'); print('ü', end=''); print('bad', file=sys.stderr); sys.exit(3)")).run(lines.append)
    assert sorted(lines) == ["a", "bad", "ü"]
    assert (ended.code, ended.last_error, ended.how) == (3, "bad", "exit code 3")


def test_a_line_comes_while_the_command_runs() -> None:
    seen = threading.Event()
    child = Child(python(SLEEPER, "hello"), grace=5)

    def stop(line: str) -> None:
        seen.set()
        child.cancel()

    ended = child.run(stop)
    assert seen.is_set()
    assert ended.how == "signal SIGTERM"


def test_the_child_shares_the_process_group_and_the_environment() -> None:
    lines: list[str] = []
    Child(python("import os; print(os.getpgid(0), os.environ['X'])"), env={"X": "1"}).run(lines.append)
    assert lines == [f"{os.getpgid(0)} 1"]


def test_a_command_that_is_not_there() -> None:
    ended = Child(["/no/such/program"]).run(print)
    assert ended.code == 127
    assert ended.last_error == "cannot start /no/such/program: No such file or directory"


def test_more_output_than_a_pipe_holds() -> None:
    lines: list[str] = []
    Child(python("import sys\nfor i in range(20000): print(i, file=(sys.stderr if i % 2 else sys.stdout))")).run(lines.append)
    assert len(lines) == 20000


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    child = Child(python(code), grace=0.3)
    started = time.monotonic()
    ended = child.run(lambda line: child.cancel())
    assert ended.how == "signal SIGKILL"
    assert time.monotonic() - started < 5


def test_what_the_command_leaves_behind_is_ended_with_it() -> None:
    lines: list[str] = []
    Child(python(FAMILY.rsplit("time", 1)[0])).run(lines.append)
    assert gone(int(lines[0].split()[1]))


def test_an_error_in_a_line_handler_ends_the_command() -> None:
    pids: list[int] = []

    def fail(line: str) -> None:
        pids.extend(int(pid) for pid in line.split())
        raise KeyError(line)

    with pytest.raises(KeyError):
        Child(python(FAMILY), grace=5).run(fail)
    assert all(gone(pid) for pid in pids)


@pytest.mark.parametrize("victim", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_a_killed_parent(victim: signal.Signals, tmp_path: Path) -> None:
    code = f"from airflow_mlp.launchers.child import Child\nChild({python(FAMILY)!r}).run(lambda line: print(line, flush=True))"
    with subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True, cwd=tmp_path) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.send_signal(victim)
        parent.wait()
        assert len(pids) == 2
        assert all(gone(pid) for pid in pids)


def test_exit_codes_in_words() -> None:
    assert Ended(137).how == "signal SIGKILL"
    assert Ended(255).how == "exit code 255"
