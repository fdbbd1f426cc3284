"""Finding the data behind an artifact by the inputs that manifests record."""

from __future__ import annotations

from collections.abc import Iterable

from mlp_core.artifacts.errors import ArtifactError
from mlp_core.artifacts.reading import Artifact

_GENERATIONS = 6


def partition_uris(uris: Iterable[str]) -> list[str]:
    """The artifacts of single partitions that `uris` stand for: what a reference lists, or the artifact itself."""
    found = []
    for uri in uris:
        artifact = _load(uri)
        found += [entry.uri for entry in artifact.entries] if artifact is not None and artifact.kind == "reference" else [uri]
    return found


def raw_ancestor(uri: str, columns: Iterable[str]) -> Artifact | None:
    """The nearest table in the lineage of `uri`, itself included, that has all of `columns`; None if there is none.

    Tables of features are passed by: a feature may have the name of a raw column, and other values. Artifacts that were
    removed, and data that lie elsewhere, end the search on their side.
    """
    wanted, generation = set(columns), [uri]
    for _ in range(_GENERATIONS):
        artifacts = [artifact for each in generation if (artifact := _load(each)) is not None]
        for artifact in artifacts:
            if artifact.kind == "table" and artifact.manifest.plan is None and wanted <= set(artifact.schema.names):
                return artifact
        generation = [item.uri for artifact in artifacts for item in artifact.manifest.inputs]
    return None


def _load(uri: str) -> Artifact | None:
    try:
        return Artifact.load(uri)
    except ArtifactError:
        return None
