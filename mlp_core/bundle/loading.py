"""Loading a bundle: sizes and checksums first, then mapped tables, the plan and the network."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlp_core.artifacts import storage
from mlp_core.bundle.bundle import Bundle
from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import FEATURES, MODEL, NETWORK, ModelInfo
from mlp_core.bundle.network import Network
from mlp_core.bundle.tables import MAPPERS

if TYPE_CHECKING:
    from feature_dsl import Plan


def load(uri: str | os.PathLike[str], *, threads: int = 1, verify: bool = True) -> Bundle:
    """The bundle at `uri`, an artifact or a plain copy of its folder; one that lies on another machine is downloaded once.

    threads: of ONNX Runtime for one call. verify: read every file and compare its checksum; without it only sizes are compared. Raises
    BundleError that names the first file that is missing, truncated or different; ArtifactError where there is nothing.
    """
    folder = storage.local_path(os.fspath(uri))
    if folder is None:
        from mlp_core.artifacts import Artifact

        folder = Artifact.load(os.fspath(uri)).local()
    info = read_info(folder)
    for name, file in info.files.items():
        _check_file(folder / name, name, file.bytes, file.sha256 if verify else None)
    tables = {table.name: MAPPERS[table.kind](folder, table, verify) for table in info.tables}
    network = Network((folder / NETWORK).read_bytes(), info.output, threads)
    return Bundle(info, tables, network, read_plan((folder / FEATURES).read_text("utf-8")), folder)


def read_info(folder: Path) -> ModelInfo:
    """model.json of the bundle in `folder`."""
    path = folder / MODEL
    if not path.is_file():
        raise BundleError(f"{folder} is no model bundle: it has no {MODEL}; give the folder or URI that training has published")
    info = ModelInfo.from_json(path.read_bytes(), str(path))
    listed = {name for table in info.tables for name in table.files} | {FEATURES, NETWORK}
    if not listed <= set(info.files):
        raise BundleError(f"{path} lists no checksum for {', '.join(sorted(listed - set(info.files)))}; export the bundle again")
    return info


def read_plan(text: str) -> Plan | None:
    """The frozen plan in features.json, None for `null`."""
    if text.strip() == "null":
        return None
    from feature_dsl import FeatureError, Plan

    try:
        return Plan.from_json(text)
    except FeatureError as error:
        raise BundleError(f"{FEATURES}: {error}") from error


def _check_file(path: Path, name: str, size: int, sha256: str | None) -> None:
    try:
        actual = path.stat().st_size
    except FileNotFoundError:
        raise BundleError(f"{name} is missing from the bundle {path.parent}; copy the bundle again") from None
    if actual != size:
        raise BundleError(f"{name} has {actual} bytes instead of {size}: it is truncated or another file; copy the bundle again")
    if sha256 is not None:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise BundleError(f"{name} does not have the checksum in {MODEL}: it was changed; copy the bundle again")
