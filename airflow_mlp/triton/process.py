"""The server's process: whose it is, whether it lives, which programs it has started, and how all of them end."""

from __future__ import annotations

import ctypes.util
import os
import select
import socket
import sys
import sysconfig
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from airflow_mlp.triton.errors import ServerError


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What the pid file says of a server. token: a name that is in its command line alone, so a pid used again is no match."""

    token: str
    http_port: int
    grpc_port: int
    metrics_port: int
    program: str
    repository: str
    log: str
    child: bool
    pid: int = 0
    started_at: float = 0.0


def read_record(path: Path) -> Record | None:
    """The record in the pid file; None where there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ServerError(f"the pid file {path} is damaged ({error}): look for a tritonserver process, end it, remove the file") from error


def find(record: Record) -> psutil.Process | None:
    """The live process that `record` tells of; None if it has ended, even when another process has its pid now."""
    try:
        process = psutil.Process(record.pid)
        if process.status() == psutil.STATUS_ZOMBIE or f"--id={record.token}" not in process.cmdline():
            return None
    except psutil.Error:
        return None
    return process


def find_stubs(backends: Path) -> list[psutil.Process]:
    """The processes that run models for the server with this backend folder, orphans of a killed server included."""
    program = str(backends / "python" / "triton_python_backend_stub")
    return [found for found in psutil.process_iter(["cmdline"]) if (found.info["cmdline"] or [""])[0] == program]


def end(processes: Sequence[psutil.Process], *, seconds: float) -> None:
    """Wait for processes that were told to end; those that live after `seconds` are killed, and waited for too."""
    for alive in wait(processes, seconds):
        try:
            alive.kill()
        except psutil.NoSuchProcess:
            continue
    stuck = wait(processes, 10)
    if stuck:
        raise ServerError(f"the processes {[each.pid for each in stuck]} do not end, not even killed; look at the machine's disks")


def wait(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait up to `seconds` until all have ended, and return those that have not. A zombie has ended."""
    deadline = time.monotonic() + seconds
    return [each for each in processes if not _ends(each, deadline)]


def _ends(process: psutil.Process, deadline: float) -> bool:
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        # The descriptor may be that of a later process with the same pid; this question is only true of the one that is meant.
        if not process.is_running():
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return False
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
        return True
    finally:
        os.close(descriptor)


def free_ports(count: int) -> list[int]:
    """`count` different ports of the loopback address that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def python_library_folder() -> str | None:
    """The folder of the shared library of this Python, which the stub links to; None where the loader finds it by itself."""
    name = f"libpython{sys.version_info.major}.{sys.version_info.minor}.so.1.0"
    folders = [str(sysconfig.get_config_var("LIBDIR") or ""), str(Path(sys.base_prefix) / "lib")]
    for folder in folders:
        if folder and (Path(folder) / name).exists():
            return folder
    if ctypes.util.find_library(name.removeprefix("lib").split(".so")[0]):
        return None
    raise ServerError(f"Triton's Python backend needs {name}, which is not here: on Debian, apt-get install {name.split('.so')[0]}")
