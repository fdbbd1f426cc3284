"""Moments of a training on storage: written in the background, whole or not at all; the last ones are kept, and the best one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import psutil

from mlp_core.artifacts import Artifact, ArtifactError, open_file, resume, storage
from mlp_core.artifacts.manifest import MANIFEST, FileEntry
from mlp_train.training.progress import Progress
from mlp_train.training.tensors import Array, Tensors, write_tensors

PROGRESS = "progress.json"
# Beyond this share of the free memory the state is written where it lies, and training waits.
COPIED_SHARE = 0.25
CHIEF = 0
# All processes' objects on the chief, nothing elsewhere; runs beside whatever else they do.
Report = Callable[[Any], list[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """A moment that was saved. spec: digest of the specification that it belongs to; parts: how many processes have written it."""

    uri: str
    progress: Progress
    spec: str
    parts: int

    def tensors(self) -> list[Tensors]:
        """The state's arrays, those of each part; mapped from files of this machine."""
        folder = Artifact.load(self.uri).local()
        return [Tensors(folder / state_file(part, self.parts)) for part in range(self.parts)]


class _Saved(msgspec.Struct, frozen=True):
    spec: str
    progress: Progress
    parts: int


class Checkpoints:
    """The checkpoints of one training below `root`, a URI.

    spec: digest of the specification: moments of another one are not gone back to; rank: of this process; report: see `Report`; keep: how
    many of the last are kept.
    """

    def __init__(self, root: str, spec: str, rank: int = CHIEF, report: Report = lambda value: [value], keep: int = 2) -> None:
        self._root, self._spec, self._rank, self._report, self._keep = storage.normalise(root), spec, rank, report, keep
        self._writing: threading.Thread | None = None
        self._error: BaseException | None = None

    def save(self, progress: Progress, state: Mapping[str, Array], parts: int = 1, *, best: bool = False, wait: bool = False) -> str:
        """Write this moment in the background; the URI that it will have.

        state: this process's part of the arrays, which may change once this returns; parts: how many processes write one, the first ones,
        and all of these save the same moments: the chief publishes when all are done; others do nothing.
        Waits for the checkpoint before. Raises what that one has failed with.
        """
        self.wait()
        name = f"{'best' if best else 'step'}-{progress.phase}-{progress.steps:012d}"
        uri = storage.join(self._root, name)
        if self._rank >= parts or _exists(uri):
            return uri
        saved = _Saved(self._spec, progress, parts)
        size = sum(array.nbytes for array in state.values())
        if wait or size > COPIED_SHARE * psutil.virtual_memory().available:
            self._write(uri, saved, state)
            return uri
        copied = {name: np.array(array) for name, array in state.items()}
        self._writing = threading.Thread(target=self._write_behind, args=(uri, saved, copied), name="checkpoint", daemon=True)
        self._writing.start()
        return uri

    def wait(self) -> None:
        """Until nothing is being written. Raises what writing has failed with."""
        self.settle()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def settle(self) -> None:
        """Until nothing is being written, whatever becomes of it: for a training that ends by an error of its own."""
        if self._writing is not None:
            self._writing.join()
            self._writing = None

    def latest(self) -> Checkpoint | None:
        """The moment that is furthest on, or None."""
        found = self._all("step")
        return found[-1] if found else None

    def best(self) -> Checkpoint | None:
        """The end of the best epoch, or None."""
        found = self._all("best")
        return found[-1] if found else None

    def clear(self) -> None:
        """Remove all: the training is published."""
        self.wait()
        if storage.list_files(self._root):
            storage.remove_folder(self._root)

    def _all(self, kind: str) -> list[Checkpoint]:
        found = []
        for name in storage.list_folders(self._root):
            uri = storage.join(self._root, name)
            if not name.startswith(f"{kind}-") or not _exists(uri):
                continue
            saved = msgspec.json.decode(Artifact.load(uri).read_bytes(PROGRESS), type=_Saved)
            if saved.spec == self._spec:
                found.append(Checkpoint(uri, saved.progress, saved.spec, saved.parts))
        return sorted(found, key=lambda each: (each.progress.phase == "refit", each.progress.steps))

    def _write_behind(self, uri: str, saved: _Saved, state: Mapping[str, Array]) -> None:
        try:
            self._write(uri, saved, state)
        except (OSError, ArtifactError, RuntimeError) as error:
            self._error = error

    def _write(self, uri: str, saved: _Saved, state: Mapping[str, Array]) -> None:
        # What a killed process has left of the same moment has no manifest, and is written over.
        if self._rank != CHIEF:
            self._write_part(uri, saved, state)
            return
        with resume(uri, kind="model", step="progress") as attempt:
            files = self._write_part(uri, saved, state)
            if len(files) < saved.parts:
                raise ArtifactError(f"a worker could not write its part of the checkpoint {uri}; its own output says why")
            attempt.add_files(files)
            attempt.write_json(PROGRESS, saved)
        kind = uri.rpartition("/")[2].partition("-")[0]
        for old in self._all(kind)[: -(self._keep if kind == "step" else 1)]:
            storage.remove_folder(old.uri)

    def _write_part(self, uri: str, saved: _Saved, state: Mapping[str, Array]) -> list[FileEntry]:
        """Write this process's part; on the chief, what all have written."""
        name, written = state_file(self._rank, saved.parts), None
        try:
            with open_file(uri, name) as sink:
                write_tensors(sink, state)
            written = sink.entry(name)
        finally:
            # The others wait for this word, whatever has happened here.
            reported = self._report(written) if saved.parts > 1 else [written]
        return [each for each in reported if each is not None]


def state_file(part: int, parts: int) -> str:
    """The file of a checkpoint that holds a part of the state; dense weights are in the first."""
    return f"state-{part}-of-{parts}.safetensors"


def _exists(uri: str) -> bool:
    fs, path = storage.filesystem(storage.join(uri, MANIFEST))
    return bool(fs.exists(path))
