"""Finding what was made before, so that the same thing is not made twice; and clearing what nobody will read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Literal

from mlp_core.artifacts import storage
from mlp_core.artifacts.errors import ArtifactError
from mlp_core.artifacts.manifest import Identity, Maker
from mlp_core.artifacts.reading import Artifact, read_manifest

Reuse = Literal["auto", "always", "never"]


def find(
    root: str,
    step: str,
    identity: Identity,
    *,
    reuse: Reuse = "auto",
    cleared: Maker | None = None,
    fits: Callable[[Artifact], bool] | None = None,
) -> Artifact | None:
    """The newest whole attempt at `identity` that may be taken, or None.

    cleared: the last try that succeeded of the task instance that asks, if it was cleared since: under "auto" what it
    had made up to then does not count, so that it computes anew. "always" takes that too, "never" takes none.
    fits: what else has to hold of an attempt.
    """
    if reuse not in ("auto", "always", "never"):
        raise ArtifactError(f"reuse={reuse!r} is not known: use 'auto', 'always' or 'never'")
    if reuse == "never":
        return None
    folder = storage.join(root, step, identity.partition, identity.id)
    found = [artifact for artifact in _attempts(folder) if is_whole(artifact) and (fits is None or fits(artifact))]
    if reuse == "auto" and cleared is not None:
        found = [artifact for artifact in found if not artifact.manifest.maker.is_try_until(cleared)]
    return max(found, key=lambda artifact: artifact.manifest.created_at, default=None)


def is_whole(artifact: Artifact) -> bool:
    """True if every file of the manifest is there in its full size. (Contents are read by `Artifact.verify` alone.)"""
    if not artifact.manifest.files:
        return True
    sizes = storage.list_files(artifact.uri)
    return all(sizes.get(file.path) == file.bytes for file in artifact.manifest.files)


def walk(root: str) -> Iterator[tuple[str, Artifact | None]]:
    """Every attempt below `root`: its URI and the artifact in it, None for an attempt without a manifest."""
    for step in storage.list_folders(root):
        for partition in storage.list_folders(storage.join(root, step)):
            for id_ in storage.list_folders(storage.join(root, step, partition)):
                folder = storage.join(root, step, partition, id_)
                for attempt in storage.list_folders(folder):
                    uri = storage.join(folder, attempt)
                    manifest = read_manifest(uri)
                    yield uri, None if manifest is None else Artifact(uri, manifest)


def prune(root: str, *, older_than: dt.timedelta) -> list[str]:
    """Delete attempts below `root` that were never published and began before `older_than` ago; returns their URIs.

    The age guards attempts that are being written now. Published artifacts are never touched, nor are folders that are no
    attempt by their name.
    """
    limit = dt.datetime.now(dt.UTC) - older_than
    removed = []
    for uri, artifact in walk(root):
        begun = _begun(uri)
        if artifact is None and begun is not None and begun < limit:
            storage.remove_folder(uri)
            removed.append(uri)
    return removed


def _begun(uri: str) -> dt.datetime | None:
    """When the attempt in the folder `uri` was begun; None for a folder that is not one."""
    stamp = uri.rsplit("/", 1)[-1].partition("-")[0]
    try:
        return dt.datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _attempts(folder: str) -> Iterator[Artifact]:
    for name in storage.list_folders(folder):
        uri = storage.join(folder, name)
        manifest = read_manifest(uri)
        if manifest is not None:
            yield Artifact(uri, manifest)
