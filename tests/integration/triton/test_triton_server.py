from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psutil
import pyarrow as pa
import pytest

from airflow_mlp.triton import local, process, server
from airflow_mlp.triton.client import TritonClient
from airflow_mlp.triton.deploying import deploy
from airflow_mlp.triton.environment import Environment
from airflow_mlp.triton.errors import ServerError, TritonError
from mlp_core.artifacts import Artifact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MakeBundle = Callable[..., Artifact]
ROWS = pa.table({"user": pa.array([1, 2], pa.int64()), "ctr": pa.array([0.5, None], pa.float64())})


def family(home: Path) -> list[psutil.Process]:
    """The server of `home` and the processes of its models."""
    record = server.status(home).record
    found = process.find(record) if record else None
    return [*([found] if found else []), *process.find_stubs(server.Layout(home).backends)]


def lives(process: psutil.Process) -> bool:
    # A container's first process may not reap what it is given: such a zombie has ended all the same.
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_starts_once_and_stops_without_a_trace(home: Path, model_environment: Environment) -> None:
    assert server.status(home).state == "stopped"
    with pytest.raises(ServerError, match="is stopped; start it with `mlp serve start`"):
        _ = server.status(home).url
    first = server.start(home, model_environment)
    assert first.state == "running"
    assert server.start(home, model_environment) == first
    (running,) = family(home)
    assert {each.laddr.ip for each in running.net_connections() if each.status == psutil.CONN_LISTEN} <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert Path(running.cwd()) == home / "serve"
    assert server.stop(home).state == "running"
    assert not lives(running)
    assert server.status(home).state == "stopped"
    assert server.stop(home).state == "stopped"


def test_two_starters_get_one_server(home: Path, model_environment: Environment) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: server.start(home, model_environment), range(2))
    assert first == second


def test_a_killed_server_is_seen_and_comes_back_with_its_champion(home: Path, environments: Path, make_bundle: MakeBundle) -> None:
    started = local.ensure(home, envs=environments)
    with started.client() as client:
        deploy(make_bundle().uri, "ctr", repository=started.repository, server=client)
        before = client.infer("ctr", ROWS)
        orphans = process.find_stubs(server.Layout(home).backends)
        killed = family(home)[0]
        killed.kill()
        assert process.wait([killed], 10) == []
        assert server.status(home).state == "dead"
        with pytest.raises(TritonError, match="does not answer"):
            client.infer("ctr", ROWS)
    again = local.ensure(home, envs=environments)
    with again.client() as client:
        assert (client.infer("ctr", ROWS) == before).all()
    assert orphans
    assert not any(lives(each) for each in orphans)
    everything = family(home)
    assert len(everything) == 2
    server.stop(home)
    assert not any(lives(each) for each in everything)


def test_a_pid_that_now_belongs_to_another_is_left_alone(home: Path, model_environment: Environment) -> None:
    server.start(home, model_environment)
    layout = server.Layout(home)
    record = process.read_record(layout.record)
    assert record is not None
    server.stop(home)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        layout.record.write_bytes(msgspec.json.encode(msgspec.structs.replace(record, pid=bystander.pid)))
        assert server.status(home).state == "dead"
        server.stop(home)
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_a_configured_port_is_taken_or_the_reason_is_told(home: Path, model_environment: Environment) -> None:
    (port,) = process.free_ports(1)
    assert server.start(home, model_environment, ports=server.Ports(http=port)).url == f"127.0.0.1:{port}"
    with pytest.raises(ServerError, match=f"already runs with the http port {port}, not 1234"):
        server.start(home, model_environment, ports=server.Ports(http=1234))
    server.stop(home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(ServerError, match=r"did not start: .*in use"):
            server.start(home, model_environment, ports=server.Ports(http=port), seconds=20)
    assert server.status(home).state == "stopped"


START_CHILD = """
import sys
from pathlib import Path
from airflow_mlp.triton import local
local.ensure(Path(sys.argv[1]), envs=Path(sys.argv[2]), child=True)
print("started", flush=True)
input()
"""


def test_a_child_ends_with_its_parent(home: Path, environments: Path, model_environment: Environment) -> None:
    command = [sys.executable, "-c", START_CHILD, str(home), str(environments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        (child,) = family(home)
        assert os.getpgid(child.pid) == os.getpgid(parent.pid)
        parent.kill()
    assert process.wait([child], 20) == []
    assert server.status(home).state == "dead"
    assert model_environment.path.exists()


START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from airflow_mlp.triton import environment, process, server

home, envs, step, after = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "after"
owner = os if step == "posix_spawn" else server
original = getattr(owner, step)

def and_die(*args, **kwargs):
    if after:
        original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, step, and_die)
server.start(home, environment.ensure(envs))
"""


@pytest.mark.parametrize(("step", "moment"), [("_launch", "before"), ("posix_spawn", "after"), ("_launch", "after"), ("_answers", "after")])
def test_a_starter_killed_at_a_step_leaves_one_server_or_none(
    step: str, moment: str, home: Path, environments: Path, model_environment: Environment
) -> None:
    command = [sys.executable, "-c", START_AND_DIE, str(home), str(environments), step, moment]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    status = server.start(home, model_environment)
    with TritonClient(status.url) as client:
        assert client.live()
    named = [each for each in psutil.process_iter(["cmdline"]) if f"--model-repository={home}/models" in (each.info["cmdline"] or [])]
    assert [each.pid for each in named] == [each.pid for each in family(home)]
