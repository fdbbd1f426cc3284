"""Where the rooms that models import come from, and a digest of them: a model environment follows source changes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from airflow_mlp.triton.errors import BuildError

DISTRIBUTION = "airflow-mlp"
ROOMS = ("feature_dsl", "mlp_core", "mlp_serve")


@dataclass(frozen=True)
class Source:
    """What pip installs to get the rooms (`requirement`: a folder, a wheel, or name==version), and their digest."""

    requirement: str
    digest: str


def find_source() -> Source:
    """The source of the rooms, by how this distribution was installed (PEP 610). Raises BuildError if it is gone."""
    distribution = importlib.metadata.distribution(DISTRIBUTION)
    requirement = _local_origin(distribution.read_text("direct_url.json"))
    return Source(requirement or f"{DISTRIBUTION}=={distribution.version}", rooms_digest())


def rooms_digest() -> str:
    """SHA-256 over the files of the rooms as this process would import them."""
    sha256 = hashlib.sha256()
    for room in ROOMS:
        folder = room_folder(room)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                sha256.update(f"{room}/{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
                sha256.update(path.read_bytes())
    return sha256.hexdigest()


def room_folder(room: str) -> Path:
    """The folder of the package `room`, which is found and not imported."""
    spec = importlib.util.find_spec(room)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"the package {room} is not installed beside airflow_mlp: install {DISTRIBUTION} again")
    return Path(spec.submodule_search_locations[0])


def requirements_file() -> Path:
    """The list of packages that models need besides the rooms; it travels as data of mlp_serve."""
    return room_folder("mlp_serve") / "requirements.txt"


def _local_origin(direct_url: str | None) -> str | None:
    if direct_url is None:
        return None
    origin = json.loads(direct_url)
    url = str(origin["url"])
    if vcs := origin.get("vcs_info"):
        return f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    if urlsplit(url).scheme != "file":
        return url
    path = Path(unquote(urlsplit(url).path))
    if not path.exists():
        raise BuildError(f"{DISTRIBUTION} was installed from {path}, which is gone: install it again")
    return str(path)
