"""Artifacts: what passes between steps. A folder with a manifest, never changed after it is published."""

from __future__ import annotations

from mlp_core.artifacts.errors import ArtifactError
from mlp_core.artifacts.manifest import Entry, ExternalFile, FileEntry, Identity, Input, Kind, Maker, Manifest
from mlp_core.artifacts.parts import open_file, write_part
from mlp_core.artifacts.publishing import Attempt, begin, publish, resume
from mlp_core.artifacts.reading import Artifact, entry_files
from mlp_core.artifacts.reuse import Reuse, find, prune, walk

__all__ = [
    "Artifact",
    "ArtifactError",
    "Attempt",
    "Entry",
    "ExternalFile",
    "FileEntry",
    "Identity",
    "Input",
    "Kind",
    "Maker",
    "Manifest",
    "Reuse",
    "begin",
    "entry_files",
    "find",
    "open_file",
    "prune",
    "publish",
    "resume",
    "walk",
    "write_part",
]
