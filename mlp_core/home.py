"""Where a machine keeps what the platform makes: one folder, `.mlp` or `$MLP_HOME`."""

from __future__ import annotations

import os
from pathlib import Path

_MARKER = ".mlp-home"


def home() -> Path:
    """The absolute folder that holds everything made on this machine (`$MLP_HOME`, else `.mlp` where one stands)."""
    return Path(os.environ.get("MLP_HOME") or ".mlp").expanduser().absolute()


def make_home() -> Path:
    """The home, made and marked as ours where it is missing or empty. A folder that holds something already is left unmarked."""
    place = home().resolve()
    place.mkdir(parents=True, exist_ok=True)
    if not any(place.iterdir()):
        (place / _MARKER).touch()
    return place


def is_ours(place: Path) -> bool:
    """True if the folder `place` was made by `make_home`, so that all in it was made by the platform."""
    return (place / _MARKER).is_file()


def artifact_root() -> str:
    """The URI under which artifacts are published: `$MLP_ARTIFACT_ROOT`, else a folder of this machine's home."""
    return os.environ.get("MLP_ARTIFACT_ROOT") or (home() / "artifacts").as_uri()


def warehouse() -> str:
    """The URI of the local warehouse, one folder per table: `$MLP_WAREHOUSE`, else a folder of this machine's home."""
    return os.environ.get("MLP_WAREHOUSE") or (home() / "warehouse").as_uri()
