"""Volumes of a job's pods, and whether the pods can reach through them what the job reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from airflow_mlp.launchers.base import LauncherError
from mlp_core.artifacts import storage
from mlp_core.specs.decoding import convert

Folder = Annotated[str, Meta(pattern="^/")]


class Volume(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A folder of the pods: one of the nodes' own (host_path, the same on every node), or a claim on a shared volume."""

    mount: Folder
    host_path: Folder | None = None
    claim: str | None = None
    read_only: bool = False

    @property
    def source(self) -> dict[str, Any]:
        """What the volume is made of, as a pod's specification says it."""
        if self.claim is not None:
            return {"persistentVolumeClaim": {"claimName": self.claim, "readOnly": self.read_only}}
        return {"hostPath": {"path": self.host_path}}

    def shows(self, path: PurePosixPath) -> bool:
        """Whether `path` of this machine is the same place in the pods."""
        same = self.claim is not None or self.host_path == self.mount
        return same and path.is_relative_to(self.mount)


def volumes_of(documents: Iterable[Volume | Mapping[str, Any]]) -> tuple[Volume, ...]:
    """Volumes from their JSON form. Raises SpecError or LauncherError for what is none."""
    volumes = tuple(item if isinstance(item, Volume) else convert(dict(item), Volume, "the volume") for item in documents)
    for volume in volumes:
        if (volume.host_path is None) == (volume.claim is None):
            raise LauncherError(f"the volume at {volume.mount} needs either host_path or claim, and not both")
    return volumes


def check_reachable(places: Sequence[str], volumes: Sequence[Volume]) -> None:
    """Raise LauncherError for the first of the URIs `places` that lies on this machine and that no volume shows to the pods."""
    for uri in places:
        path = storage.local_path(uri)
        if path is not None and not any(volume.shows(PurePosixPath(path)) for volume in volumes):
            raise LauncherError(
                f"the workers cannot reach {uri}, a folder of this machine: name a volume that shows it to them at the same path, like "
                f'volumes=[{{"mount": "{path.parents[-2] if len(path.parents) > 1 else path}", "host_path": "…"}}], '
                "or set artifact_root to a store that all machines reach (hdfs:, s3:)"
            )
