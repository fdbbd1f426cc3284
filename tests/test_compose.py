"""docker-compose.yaml: the tool accepts it, and it holds what the demo needs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCKERFILES = (ROOT / "Dockerfile", *sorted((ROOT / "training_images").glob("*/Dockerfile")))
SERVICES = {"postgres", "api-server", "scheduler", "dag-processor", "triggerer", "spark-master", "spark-worker", "metastore", "triton"}
ONE_SHOT = {"airflow-init", "model-folder"}


def compose() -> list[str] | None:
    """The command line of Docker's compose, whichever of its two forms is here; neither needs a Docker engine for `config`."""
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


@pytest.fixture(scope="module")
def resolved() -> dict[str, Any]:
    command = compose()
    if command is None:
        pytest.skip("neither docker compose nor docker-compose is installed")
    done = subprocess.run([*command, "config"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = yaml.safe_load(done.stdout)
    return document


def test_the_platform_is_whole(resolved: dict[str, Any]) -> None:
    assert set(resolved["services"]) == SERVICES | ONE_SHOT


def test_every_service_tells_its_health(resolved: dict[str, Any]) -> None:
    assert {name for name, service in resolved["services"].items() if "test" in service.get("healthcheck", {})} == SERVICES


def test_images_are_pinned_and_name_no_registry(resolved: dict[str, Any]) -> None:
    for name, service in resolved["services"].items():
        assert re.fullmatch(r"[a-z-]+(/[a-z-]+)?:\d+(\.\d+)+", service["image"]), f"{name}: {service['image']}"
    for dockerfile in DOCKERFILES:
        bases = re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
        assert bases, dockerfile
        assert all(re.fullmatch(r"[a-z]+(/[a-z]+)?:[a-z0-9.-]*\d+\.\d+[a-z0-9.-]*", base) for base in bases), (dockerfile, bases)


def test_airflow_spark_and_triton_share_one_folder(resolved: dict[str, Any]) -> None:
    for name in ("scheduler", "api-server", "spark-worker", "metastore", "triton"):
        assert any("/mlp" in str(volume) for volume in resolved["services"][name]["volumes"]), name


def test_nothing_listens_beyond_loopback(resolved: dict[str, Any]) -> None:
    ports = [port for service in resolved["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port if isinstance(port, str) else port.get("host_ip")).startswith("127.0.0.1") for port in ports)


def test_what_the_images_copy_is_there() -> None:
    for dockerfile in DOCKERFILES:
        copied = re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", dockerfile.read_text(), re.MULTILINE)
        assert copied
        assert all((ROOT / path).exists() for line in copied for path in line.split()), dockerfile
