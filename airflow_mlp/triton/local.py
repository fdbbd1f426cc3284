"""Everything that serving on this machine needs, with one call: environment, server, and the champions loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airflow_mlp.triton import environment, server
from airflow_mlp.triton.client import TritonClient
from airflow_mlp.triton.deploying import restore
from airflow_mlp.triton.repository import Repository


@dataclass(frozen=True)
class LocalTriton:
    """A running server of this machine, and the repository it serves."""

    status: server.Status
    repository: Repository

    def client(self) -> TritonClient:
        """A new connection to the server."""
        return TritonClient(self.status.url)


def ensure(home: Path, *, ports: server.Ports | None = None, child: bool = False, envs: Path | None = None) -> LocalTriton:
    """Have the server of `home` running with every champion loaded, whatever state it was in; what is missing is built or started.

    :param ports, child: as `airflow_mlp.triton.server.start` takes them
    :param envs: where model environments are kept, `<home>/envs` unless given

    Raises BuildError, ServerError, or TritonError where a champion does not load.
    """
    home = home.resolve()
    built = environment.ensure(envs or home / "envs")
    local = LocalTriton(
        status=server.start(home, built, ports=ports, child=child),
        repository=Repository(server.Layout(home).repository, built.path),
    )
    with local.client() as client:
        restore(local.repository, client)
    return local
