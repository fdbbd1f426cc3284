"""A job as a process of this machine: its lines as they come, its end, and a way to stop it from a signal handler."""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

OnLine = Callable[[str], None]
_TETHER = Path(__file__).with_name("tether.py")
_KEPT_LINES = 40
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How a child ended. code: its exit code, 128 + n if signal n ended it; errors: its last lines on stderr."""

    code: int
    errors: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """The end in words: "exit code 3", "signal SIGKILL"."""
        if self.code > 128:
            try:
                return f"signal {signal.Signals(self.code - 128).name}"
            except ValueError:
                pass  # an exit code that names no signal
        return f"exit code {self.code}"

    @property
    def last_error(self) -> str:
        """The last line on stderr that says something, or nothing."""
        return next((line.strip() for line in reversed(self.errors) if line.strip()), "")


class Child:
    """A command that runs in this process's group and never outlives this process, nor does anything that it starts.

    Start it from a thread that stays until it ends: to the kernel, the end of that thread is the end of the parent.

    grace: seconds that the command has to end by itself after SIGTERM.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        grace: float = 10.0,
    ) -> None:
        self.command = list(command)
        self.env = dict(env) if env is not None else None
        self.cwd = cwd
        self.grace = grace
        self._pidfd: int | None = None

    def run(self, on_line: OnLine, on_error: OnLine | None = None) -> Ended:
        """Start the command, pass on its lines from stdout and stderr as they come, and wait for its end."""
        errors: deque[str] = deque(maxlen=_KEPT_LINES)
        pass_on = on_error or on_line

        def keep(line: str) -> None:
            errors.append(line)
            pass_on(line)

        tether = [sys.executable, "-I", str(_TETHER), str(os.getpid()), str(self.grace)]
        process = subprocess.Popen(
            [*tether, *self.command],
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._pidfd = os.pidfd_open(process.pid)
        try:
            assert process.stdout is not None and process.stderr is not None
            _pump([_Lines(process.stdout, on_line), _Lines(process.stderr, keep)], self._pidfd)
            return Ended(_code(process.wait()), tuple(errors))
        finally:
            self.cancel()
            process.wait()
            pidfd, self._pidfd = self._pidfd, None
            os.close(pidfd)

    def cancel(self) -> None:
        """Stop the command: SIGTERM, the grace, then SIGKILL for it and all that it started. Returns when it has ended."""
        if self._pidfd is None or _has_ended(self._pidfd, 0):
            return
        signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)
        # The tether kills the command after the grace; it is killed itself only if it cannot, and the command goes with it.
        if not _has_ended(self._pidfd, self.grace + 5):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            _has_ended(self._pidfd, 5)


class _Lines:
    """Cuts what comes through a pipe into lines."""

    def __init__(self, pipe: IO[bytes], on_line: OnLine) -> None:
        os.set_blocking(pipe.fileno(), False)
        self.pipe = pipe
        self._on_line = on_line
        self._rest = b""

    def read(self) -> bool:
        """Pass on what is there; False at the end of the pipe."""
        try:
            data = os.read(self.pipe.fileno(), 1 << 16)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE or (not data and self._rest):
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._on_line(line.decode("utf-8", "replace").rstrip("\r"))
        return bool(data)


def _pump(sources: Sequence[_Lines], pidfd: int) -> None:
    """Read all `sources` until they end and the process has ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(pidfd, selectors.EVENT_READ)
        for source in sources:
            selector.register(source.pipe, selectors.EVENT_READ, source)
        while selector.get_map():
            for key, _ in selector.select():
                if key.data is None or not key.data.read():
                    selector.unregister(key.fileobj)
    for source in sources:
        source.pipe.close()


def _has_ended(pidfd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _code(returned: int) -> int:
    return 128 - returned if returned < 0 else returned
