"""A model repository: a folder that Triton and whoever deploys both see.

```
<root>/ctr/config.pbtxt        which versions are loaded, and the inputs they take
<root>/ctr/3/model.py          a version: the program, the same for every bundle
<root>/ctr/3/bundle/…          and its bundle, manifest included; never changed once it is there
<root>/ctr/champion.json       the pointer, with its history
<root>/ctr.staging/            a version on trial, never under the name that serves
```
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airflow_mlp.triton import config
from airflow_mlp.triton.errors import DeployError
from airflow_mlp.triton.locking import locked
from airflow_mlp.triton.pointer import Pointer, Release, read_pointer, replace_file, write_pointer
from mlp_core.artifacts import Artifact, ArtifactError
from mlp_core.bundle import BundleError, ModelInfo
from mlp_core.bundle.loading import read_info

CONFIG = "config.pbtxt"
STAGING = ".staging"
PROGRAM = 'from mlp_serve.triton_model import TritonPythonModel\n\n__all__ = ["TritonPythonModel"]\n'
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Repository:
    """A model repository. environment: the virtual environment models run in on this machine, None for a server that has its own."""

    root: Path
    environment: Path | None = None

    def model(self, name: str) -> Model:
        """The model `name`, deployed or not. Raises DeployError for a name that could leave the repository or be a trial's."""
        if not _NAME.fullmatch(name):
            raise DeployError(f"the model name {name!r} may hold 1 to 64 letters, digits, '_' and '-', and begins with a letter or digit")
        return Model(self, name)

    def names(self) -> list[str]:
        """The models that have a champion, sorted."""
        folders = sorted(self.root.iterdir()) if self.root.is_dir() else []
        return [each.name for each in folders if _NAME.fullmatch(each.name) and self.model(each.name).pointer.champion]


@dataclass(frozen=True)
class Model:
    """One model of a repository: its versions and its pointer."""

    repository: Repository
    name: str

    @property
    def folder(self) -> Path:
        """The folder that Triton loads."""
        return self.repository.root / self.name

    @property
    def trial(self) -> str:
        """The name under which a version is tried before it becomes one."""
        return self.name + STAGING

    @property
    def trial_folder(self) -> Path:
        """The folder of the trial."""
        return self.repository.root / self.trial

    @property
    def pointer(self) -> Pointer:
        """The pointer and its history as they are now."""
        return read_pointer(self.folder)

    def champion_before(self, data_end: str) -> Release | None:
        """The last champion whose data ends before `data_end` (`2000-11-20`): the same at every rerun."""
        return self.pointer.champion_before(data_end)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the model's lock: one process deploys or rolls back at a time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / ".lock"):
            yield

    def published(self) -> dict[int, str]:
        """The versions in the repository: number → content digest of the bundle."""
        found = (each for each in self.folder.iterdir() if each.name.isdecimal()) if self.folder.is_dir() else ()
        return {int(each.name): Artifact.load(str(each / "bundle")).digest for each in sorted(found)}

    def release(self, version: int) -> Release:
        """The version as the pointer's history notes it. Raises DeployError if it is not in the repository."""
        artifact = self._artifact(version)
        data = self.info(version).data
        origin = (self.folder / str(version) / "origin").read_text()
        return Release(version=version, bundle=origin, digest=artifact.digest, data_start=data.start, data_end=data.end)

    def info(self, version: int, *, trial: bool = False) -> ModelInfo:
        """What the bundle of a version says of itself."""
        return read_info(self.bundle(version, trial=trial))

    def bundle(self, version: int, *, trial: bool = False) -> Path:
        """The folder of the bundle of a version."""
        return (self.trial_folder if trial else self.folder) / str(version) / "bundle"

    def verify(self, version: int, *, trial: bool = False) -> None:
        """Read the version's bundle again. Raises DeployError naming the file that is not as it was published."""
        folder = self.bundle(version, trial=trial)
        try:
            Artifact.load(str(folder)).verify()
            config.servable(read_info(folder))
        except (ArtifactError, BundleError) as error:
            raise DeployError(f"the bundle for {self.name!r} is refused: {error}") from error

    def stage(self, bundle: Artifact, version: int) -> None:
        """Lay out the bundle as the trial's only version: hard links on the same file system, copies otherwise."""
        self.clear_trial()
        folder = self.trial_folder / str(version)
        _copy(bundle.local(), folder / "bundle")
        (folder / "model.py").write_text(PROGRAM)
        (folder / "origin").write_text(bundle.uri)

    def publish(self, version: int) -> None:
        """Make the tried version one of the model's, in one step, and note its number for good."""
        (self.trial_folder / str(version)).rename(self.folder / str(version))
        write_pointer(self.folder, self.pointer.numbered(self.published()))

    def clear_trial(self) -> None:
        """Remove the trial, or what a killed one has left."""
        if self.trial_folder.exists():
            shutil.rmtree(self.trial_folder)

    def configure(self, versions: Iterable[int], *, trial: bool = False) -> None:
        """Have the configuration name exactly these versions. A file that says so already keeps its time."""
        folder = self.trial_folder if trial else self.folder
        versions = frozenset(versions)
        if not self.configured(versions, trial=trial):
            replace_file(folder / CONFIG, self._render(versions, trial=trial))

    def configured(self, versions: Iterable[int], *, trial: bool = False) -> bool:
        """Whether the configuration names exactly these versions, and the environment of now."""
        path = (self.trial_folder if trial else self.folder) / CONFIG
        return path.exists() and path.read_bytes() == self._render(frozenset(versions), trial=trial)

    def _render(self, versions: frozenset[int], *, trial: bool) -> bytes:
        infos = {version: self.info(version, trial=trial) for version in versions}
        return config.render(self.trial if trial else self.name, infos, self.repository.environment).encode()

    def _artifact(self, version: int) -> Artifact:
        try:
            return Artifact.load(str(self.bundle(version)))
        except ArtifactError as error:
            raise DeployError(f"{self.name!r} has no version {version}; it has {sorted(self.published()) or 'none'}") from error


def _copy(source: Path, target: Path) -> None:
    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            # Another file system, or one without hard links.
            shutil.copy2(one, other)

    shutil.copytree(source, target, copy_function=link)
