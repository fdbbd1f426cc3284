"""The packages of this distribution that models import: copies of them, and a digest, so that a model environment follows changes."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from pathlib import Path

from airflow_mlp.triton.errors import BuildError

DISTRIBUTION = "airflow-mlp"
ROOMS = ("feature_dsl", "mlp_core", "mlp_serve")
_COMPILED = "__pycache__"


def rooms_digest() -> str:
    """SHA-256 over the files of the rooms as this process would import them."""
    sha256 = hashlib.sha256()
    for room in ROOMS:
        folder = room_folder(room)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and _COMPILED not in path.parts:
                sha256.update(f"{room}/{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
                sha256.update(path.read_bytes())
    return sha256.hexdigest()


def copy_rooms(packages: Path) -> None:
    """Copy the rooms, as this process would import them, into the folder `packages`. Raises BuildError if one is not installed.

    Compiled feature kernels go with them: compiling them again would take the first model a minute.
    """
    for room in ROOMS:
        shutil.copytree(room_folder(room), packages / room, ignore=shutil.ignore_patterns("*.pyc", "*.tmp.*"))


def room_folder(room: str) -> Path:
    """The folder of the package `room`, which is found and not imported."""
    spec = importlib.util.find_spec(room)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(f"the package {room} is not installed beside airflow_mlp: install {DISTRIBUTION} again")
    return Path(spec.submodule_search_locations[0])


def requirements_file() -> Path:
    """The list of packages that models need besides the rooms; it travels as data of mlp_serve."""
    return room_folder("mlp_serve") / "requirements.txt"
