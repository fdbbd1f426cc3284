"""Moments of a training on storage: written in the background, whole or not at all; the last ones are kept, and the best one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import numpy as np
import psutil

from mlp_core.artifacts import Artifact, ArtifactError, resume, storage
from mlp_core.artifacts.manifest import MANIFEST
from mlp_train.training.progress import Progress
from mlp_train.training.tensors import Array, Tensors, open_tensors, write_tensors

PROGRESS, STATE = "progress.json", "state.safetensors"
# Beyond this share of the free memory the state is written where it lies, and training waits.
COPIED_SHARE = 0.25


@dataclass(frozen=True)
class Checkpoint:
    """A moment that was saved. spec: digest of the specification that it belongs to."""

    uri: str
    progress: Progress
    spec: str

    @contextmanager
    def tensors(self) -> Iterator[Tensors]:
        """The state's arrays, while the block runs."""
        with open_tensors(Artifact.load(self.uri).local() / STATE) as tensors:
            yield tensors


class _Saved(msgspec.Struct, frozen=True):
    spec: str
    progress: Progress


class Checkpoints:
    """The checkpoints of one training below `root`, a URI.

    spec: digest of the specification: moments of another one are not gone back to; keep: how many of the last are kept.
    """

    def __init__(self, root: str, spec: str, keep: int = 2) -> None:
        self._root, self._spec, self._keep = storage.normalise(root), spec, keep
        self._writing: threading.Thread | None = None
        self._error: BaseException | None = None

    def save(self, progress: Progress, state: Mapping[str, Array], *, best: bool = False, wait: bool = False) -> str:
        """Write this moment in the background; the URI that it will have.

        state: arrays, which may change once this returns. Waits for the checkpoint before. Raises what that one has failed with.
        """
        self.wait()
        name = f"{'best' if best else 'step'}-{progress.phase}-{progress.steps:012d}"
        uri = storage.join(self._root, name)
        if _exists(uri):
            return uri
        size = sum(array.nbytes for array in state.values())
        if wait or size > COPIED_SHARE * psutil.virtual_memory().available:
            self._write(uri, progress, state)
            return uri
        copied = {name: np.array(array) for name, array in state.items()}
        self._writing = threading.Thread(target=self._write_behind, args=(uri, progress, copied), name="checkpoint", daemon=True)
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
                found.append(Checkpoint(uri, saved.progress, saved.spec))
        return sorted(found, key=lambda each: (each.progress.phase == "refit", each.progress.steps))

    def _write_behind(self, uri: str, progress: Progress, state: Mapping[str, Array]) -> None:
        try:
            self._write(uri, progress, state)
        except (OSError, ArtifactError) as error:
            self._error = error

    def _write(self, uri: str, progress: Progress, state: Mapping[str, Array]) -> None:
        # What a killed process has left of the same moment has no manifest, and is written anew.
        if storage.list_files(uri):
            storage.remove_folder(uri)
        with resume(uri, kind="model", step="progress") as attempt:
            with attempt.open(STATE) as sink:
                write_tensors(sink, state)
            attempt.write_json(PROGRESS, _Saved(self._spec, progress))
        kind = uri.rpartition("/")[2].partition("-")[0]
        for old in self._all(kind)[: -(self._keep if kind == "step" else 1)]:
            storage.remove_folder(old.uri)


def _exists(uri: str) -> bool:
    fs, path = storage.filesystem(storage.join(uri, MANIFEST))
    return bool(fs.exists(path))
