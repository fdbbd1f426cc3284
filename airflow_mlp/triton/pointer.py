"""Which version of a model is its champion, and which were before: one small file, replaced as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from airflow_mlp.triton.errors import DeployError

POINTER = "champion.json"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a model: the bundle it holds (URI and content digest) and the days that the bundle has learned from."""

    version: int
    bundle: str
    digest: str
    data_start: str | None = None
    data_end: str | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One move of the pointer, with the time (ISO 8601, UTC)."""

    release: Release
    cause: Literal["deployed", "rolled back"]
    at: str


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the pointer file. history: oldest first, its last entry the champion; numbers: digests by version, all ever given."""

    format: Literal[1] = 1
    name: str
    history: tuple[Move, ...] = ()
    numbers: dict[int, str] = {}

    @property
    def champion(self) -> Release | None:
        """The version that serves, if any was ever deployed."""
        return self.history[-1].release if self.history else None

    def was_champion(self, version: int) -> bool:
        """Whether the pointer names this version or has named it."""
        return any(move.release.version == version for move in self.history)

    def champion_before(self, data_end: str) -> Release | None:
        """The last champion whose data ends before `data_end` (`2000-11-20`), whatever came after: the same at every rerun."""
        for move in reversed(self.history):
            end = move.release.data_end
            if end is not None and end < data_end:
                return move.release
        return None

    def previous(self) -> Release:
        """The champion that a rollback without a version goes back to. Raises DeployError if there is none."""
        standing: list[Release] = []
        for move in self.history:
            if move.cause == "rolled back":
                # What was rolled back stands no more: rolling back again goes further back, and never forth.
                while standing and standing[-1].version != move.release.version:
                    standing.pop()
            if not standing or standing[-1].version != move.release.version:
                standing.append(move.release)
        if len(standing) < 2:
            raise DeployError(f"the model {self.name!r} has no champion before this one to roll back to")
        return standing[-2]

    def moved(self, release: Release, cause: Literal["deployed", "rolled back"]) -> Pointer:
        """The pointer after it has moved to `release`."""
        move = Move(release=release, cause=cause, at=datetime.now(UTC).isoformat(timespec="seconds"))
        return msgspec.structs.replace(self, history=(*self.history, move))

    def numbered(self, found: Mapping[int, str]) -> Pointer:
        """The pointer with these numbers noted. Raises DeployError if a number holds other weights than it was given for."""
        for version, digest in found.items():
            if self.numbers.get(version, digest) != digest:
                raise DeployError(
                    f"version {version} of {self.name!r} holds another bundle than it was published with: somebody has changed the"
                    f" model repository; remove that folder"
                )
        return msgspec.structs.replace(self, numbers={**self.numbers, **found})


def read_pointer(folder: Path) -> Pointer:
    """The pointer of the model in `folder`; an empty one where nothing was deployed yet."""
    try:
        return msgspec.json.decode((folder / POINTER).read_bytes(), type=Pointer)
    except FileNotFoundError:
        return Pointer(name=folder.name)
    except msgspec.DecodeError as error:
        raise DeployError(f"{folder / POINTER} cannot be read ({error}): restore it, or remove it to begin without a champion") from error


def write_pointer(folder: Path, pointer: Pointer) -> None:
    """Replace the pointer file, whole or not at all."""
    replace_file(folder / POINTER, msgspec.json.format(msgspec.json.encode(pointer), indent=2))


def replace_file(path: Path, content: bytes) -> None:
    """Have `path` hold `content`, on the disk, atomically."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())
    temporary.replace(path)
