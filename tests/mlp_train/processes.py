"""Trainings as processes of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from mlp_core.specs import TrainingSpec


def start(job: Path, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mlp_train", "--job", str(job)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MLP_RESOURCES": '{"cpu": 1}', **environment},
        cwd=job.parent,
    )


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def last(output: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(output.splitlines()[-1])
    return document


def start_ranks(spec: TrainingSpec, folder: Path, count: int) -> list[subprocess.Popen[str]]:
    """A process for each rank, with what a PyTorchJob gives its pods; one alone has nothing of that."""
    job = folder / "job.json"
    job.write_bytes(spec.to_json())
    if count == 1:
        return [start(job)]
    topology = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    return [start(job, RANK=str(rank), **topology) for rank in range(count)]


def done(ranks: list[subprocess.Popen[str]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the chief's last line says once all have ended well, and all of its lines."""
    ended = [rank.communicate(timeout=300) for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0] * len(ranks), ended
    assert all(not output for output, _ in ended[1:])
    lines = [json.loads(line) for line in ended[0][0].splitlines()]
    assert lines[-1]["event"] == "done"
    return lines[-1], lines
