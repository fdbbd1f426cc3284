"""The Triton server of this machine: start it, ask for its state, stop it. One for each home folder, on loopback alone."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import psutil

from airflow_mlp.triton import launch, process
from airflow_mlp.triton.environment import Environment
from airflow_mlp.triton.errors import ServerError
from airflow_mlp.triton.locking import locked

log = logging.getLogger(__name__)

_TRIES = 3
_POLL_SECONDS = 0.05
# Without proxies: the environment's are not for this machine's own addresses.
_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Ports:
    """Ports of the loopback address; None takes a free one."""

    http: int | None = None
    grpc: int | None = None
    metrics: int | None = None


@dataclass(frozen=True)
class Status:
    """running: answers for itself; dead: was started, and has ended without being stopped; stopped: nobody runs here."""

    state: Literal["running", "dead", "stopped"]
    record: process.Record | None = None

    @property
    def url(self) -> str:
        """host:port of the HTTP endpoint. Raises ServerError unless running."""
        if self.state != "running" or self.record is None:
            raise ServerError(f"the Triton server of this machine is {self.state}; start it with `mlp serve start`")
        return f"127.0.0.1:{self.record.http_port}"

    @property
    def grpc_url(self) -> str:
        """host:port of the gRPC endpoint. Raises ServerError unless running."""
        host, _ = self.url.split(":")
        return f"{host}:{self.record.grpc_port if self.record else 0}"


@dataclass(frozen=True)
class Layout:
    """Where a home folder keeps what belongs to its server."""

    home: Path

    @property
    def record(self) -> Path:
        """The pid file."""
        return self.home / "serve" / "triton.json"

    @property
    def lock(self) -> Path:
        """Held while the server is started or stopped."""
        return self.home / "serve" / "triton.lock"

    @property
    def backends(self) -> Path:
        """The server's backend folder: links into the model environment."""
        return self.home / "serve" / "backends"

    @property
    def repository(self) -> Path:
        """The model repository."""
        return self.home / "models"

    @property
    def log(self) -> Path:
        """What the server and its models print."""
        return self.home / "logs" / "triton.log"


def status(home: Path) -> Status:
    """Whether the server of `home` runs. Looks at the process, and at nothing on the network."""
    record = process.read_record(Layout(home.resolve()).record)
    if record is None:
        return Status("stopped")
    return Status("running" if process.find(record) else "dead", record)


def start(home: Path, environment: Environment, *, ports: Ports | None = None, child: bool = False, seconds: float = 60) -> Status:
    """Have the server of `home` running and ready; one that runs already is left alone. Loads no model.

    :param ports: which ports to listen on; a running server with another configured port is an error
    :param child: True: in this process group, and ended by the kernel when this process ends (call it in the main thread);
        False: a service of its own, that stays until `stop`
    :param seconds: how long to wait until it answers. Raises ServerError, with the end of its log, if it does not.
    """
    if child and threading.current_thread() is not threading.main_thread():
        raise ServerError("start a child server in the main thread: the kernel ends it together with the thread that started it")
    layout, ports = Layout(home.resolve()), ports or Ports()
    with locked(layout.lock) as lock:
        found = status(layout.home)
        if found.state == "running" and found.record is not None and found.record.program == _program(environment):
            _check_ports(found.record, ports)
            # Its starter may have been killed before it was ready.
            if _wait_until_ready(layout, found.record, time.monotonic() + seconds):
                return found
        if found.state != "stopped":
            log.info("The Triton server of %s is %s; starting a new one", layout.home, found.state)
            _stop(layout, seconds=30)
        _prepare(layout, environment)
        return _start(layout, environment, ports, lock, child=child, seconds=seconds)


def stop(home: Path, *, seconds: float = 30) -> Status:
    """End the server of `home` and all that it has started, and wait until they have ended; killed after `seconds`.

    Returns the state before. A process that is not the recorded server is never touched.
    """
    layout = Layout(home.resolve())
    with locked(layout.lock):
        before = status(layout.home)
        _stop(layout, seconds=seconds)
    return before


def _stop(layout: Layout, *, seconds: float) -> None:
    record = process.read_record(layout.record)
    server = process.find(record) if record else None
    stubs = process.find_stubs(layout.backends)
    if server is not None:
        try:
            server.terminate()
        except psutil.NoSuchProcess:
            log.info("The Triton server has ended by itself")
        process.end([server], seconds=seconds)
    # Stubs notice within seconds that their server has gone, and end by themselves.
    process.end([*stubs, *process.find_stubs(layout.backends)], seconds=10)
    layout.record.unlink(missing_ok=True)


def _prepare(layout: Layout, environment: Environment) -> None:
    """Lay out the backend folder: the server looks for the stub beside the backend's library."""
    folder = layout.backends / "python"
    for each in (folder, layout.repository, layout.log.parent):
        each.mkdir(parents=True, exist_ok=True)
    backend = environment.triton / "backends" / "python"
    for target in (backend / "libtriton_python.so", backend / "triton_python_backend_utils.py", environment.stub):
        if not target.exists():
            raise ServerError(f"the model environment {environment.base} has no {target.name}: remove that folder, and it is built again")
        link = folder / target.name
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _start(layout: Layout, environment: Environment, ports: Ports, lock: int, *, child: bool, seconds: float) -> Status:
    deadline = time.monotonic() + seconds
    for attempt in range(1, _TRIES + 1):
        record = _record(layout, environment, ports, child=child)
        begin = layout.log.stat().st_size if layout.log.exists() else 0
        _launch(layout, environment, record, lock)
        if _wait_until_ready(layout, record, deadline):
            return status(layout.home)
        _stop(layout, seconds=5)
        said = _last_errors(layout.log, begin)
        # Between choosing a free port and listening on it somebody else may have taken it; a configured one stays what it is.
        if attempt == _TRIES or "in use" not in said or ports != Ports() or time.monotonic() > deadline:
            raise ServerError(f"the Triton server did not start: {said} (whole log: {layout.log})")
    raise AssertionError("unreachable")


def _record(layout: Layout, environment: Environment, ports: Ports, *, child: bool) -> process.Record:
    free = process.free_ports(3)
    return process.Record(
        token=f"mlp-{uuid.uuid4().hex}",
        http_port=ports.http or free[0],
        grpc_port=ports.grpc or free[1],
        metrics_port=ports.metrics or free[2],
        program=_program(environment),
        repository=str(layout.repository),
        log=str(layout.log),
        child=child,
    )


def _launch(layout: Layout, environment: Environment, record: process.Record, lock: int) -> None:
    command = [
        record.program,
        f"--id={record.token}",
        f"--model-repository={layout.repository}",
        f"--backend-directory={layout.backends}",
        f"--cache-directory={environment.triton / 'caches'}",
        "--model-control-mode=explicit",
        "--disable-auto-complete-config",
        "--exit-timeout-secs=10",
        *(f"--{name}-address=127.0.0.1" for name in ("http", "grpc", "metrics")),
        f"--http-port={record.http_port}",
        f"--grpc-port={record.grpc_port}",
        f"--metrics-port={record.metrics_port}",
    ]
    mode = "child" if record.child else "service"
    launcher = [sys.executable, str(launch.__file__), mode, str(os.getpid()), str(layout.record), msgspec.json.encode(record).decode()]
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(layout.log), append, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
        # The launcher holds the lock as well, so that nobody starts a second server if this process is killed here.
        (os.POSIX_SPAWN_DUP2, lock, launch.LOCK),
    ]
    pid = os.posix_spawn(sys.executable, [*launcher, *command], _variables(), file_actions=streams)
    if not record.child:
        # The launcher of a service ends as soon as it has handed over.
        os.waitpid(pid, 0)


def _variables() -> dict[str, str]:
    variables = dict(os.environ)
    folder = process.python_library_folder()
    if folder is not None:
        variables["LD_LIBRARY_PATH"] = ":".join(filter(None, [folder, variables.get("LD_LIBRARY_PATH")]))
    return variables


def _wait_until_ready(layout: Layout, expected: process.Record, deadline: float) -> bool:
    """True once the expected server answers that it is ready; False when its process has ended or time is up."""
    launched = False
    while time.monotonic() < deadline:
        record = process.read_record(layout.record)
        alive = record is not None and record.token == expected.token and process.find(record) is not None
        if alive and _answers(expected.http_port, expected.token):
            return True
        if launched and not alive:
            return False
        launched = alive
        time.sleep(_POLL_SECONDS)
    return False


def _answers(port: int, token: str) -> bool:
    try:
        with _LOOPBACK.open(f"http://127.0.0.1:{port}/v2", timeout=1) as answer:
            # Another program, or another server, may be what listens on a configured port.
            if msgspec.json.decode(answer.read()).get("name") != token:
                return False
        with _LOOPBACK.open(f"http://127.0.0.1:{port}/v2/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, msgspec.DecodeError):
        return False


def _last_errors(path: Path, begin: int) -> str:
    with path.open("rb") as source:
        source.seek(begin)
        lines = source.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if line[:1] == "E" or "rror" in line or "failed" in line]
    return " / ".join((errors or lines)[-3:]) or "it said nothing"


def _check_ports(record: process.Record, ports: Ports) -> None:
    for name in ("http", "grpc", "metrics"):
        wanted, have = getattr(ports, name), getattr(record, f"{name}_port")
        if wanted is not None and wanted != have:
            raise ServerError(f"the Triton server already runs with the {name} port {have}, not {wanted}: stop it first")


def _program(environment: Environment) -> str:
    return str(environment.triton / "bin" / "tritonserver")
