"""One spelling of URIs for every file system, and the few operations that artifacts need from one.

Nothing here renames a folder or assumes a local path: object stores cannot rename, and HDFS moves *into* a folder
that exists.
"""

from __future__ import annotations

import os
import posixpath
import uuid
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from mlp_core.artifacts.errors import ArtifactError

# How Spark's Hadoop clients spell a scheme, where that differs from ours.
SPARK_SCHEMES = {"s3": "s3a", "oss": "oss", "cosn": "cosn", "gs": "gs", "hdfs": "hdfs", "file": "file"}
# Which fsspec protocol serves a scheme, where that differs from ours.
FSSPEC_PROTOCOLS = {"cosn": "s3"}


def normalise(uri: str | os.PathLike[str]) -> str:
    """Spell `uri` the one way artifacts use: `scheme://…` without a trailing slash; a plain path becomes `file:///…`.

    Raises ArtifactError for a scheme that no file system here answers to.
    """
    text = os.fspath(uri)
    scheme = urlsplit(text).scheme
    if len(scheme) < 2:
        return _file_uri(Path(text).expanduser())
    if scheme not in SPARK_SCHEMES:
        known = ", ".join(sorted(SPARK_SCHEMES))
        raise ArtifactError(f"the URI {text!r} has the unknown scheme {scheme!r}: use one of {known}")
    if scheme == "file":
        return _file_uri(Path(unquote(urlsplit(text).path)))
    return text.rstrip("/")


def spark_uri(uri: str) -> str:
    """Spell `uri` as Spark's file systems want it: `s3:` is `s3a:` there, and a Hadoop path has no %-escapes."""
    scheme, _, rest = normalise(uri).partition(":")
    return f"{SPARK_SCHEMES[scheme]}:{unquote(rest) if scheme == 'file' else rest}"


def _file_uri(path: Path) -> str:
    # Path.as_uri would escape the "=" of a partition's folder.
    return "file://" + quote(os.fsencode(path.absolute()), safe="/=")


@lru_cache(maxsize=32)
def _filesystem(scheme: str, authority: str, process: int) -> Any:
    import fsspec

    protocol = FSSPEC_PROTOCOLS.get(scheme, scheme)
    try:
        if protocol == "file":
            return fsspec.filesystem("file", auto_mkdir=True)
        if protocol == "hdfs":
            # Named here because fsspec's own registry answers "hdfs" with an adapter that needs libhdfs.
            from hdfs_native.fsspec import HdfsFileSystem

            host, _, port = authority.partition(":")
            return HdfsFileSystem(host=host or None, port=int(port) if port else None)
        return fsspec.filesystem(protocol)
    except ImportError as error:
        raise ArtifactError(f"no file system for {scheme}: URIs is installed ({error}); install its fsspec package") from error


def filesystem(uri: str) -> tuple[Any, str]:
    """The fsspec file system of `uri` and the path that it knows the place by. Safe after a fork."""
    uri = normalise(uri)
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return _filesystem("file", "", os.getpid()), unquote(parts.path)
    path = parts.path if parts.scheme == "hdfs" else f"{parts.netloc}{parts.path}"
    return _filesystem(parts.scheme, parts.netloc, os.getpid()), path


def local_path(uri: str) -> Path | None:
    """The path on this machine that `uri` names, or None where it lies elsewhere."""
    parts = urlsplit(normalise(uri))
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def join(uri: str, *names: str) -> str:
    """`uri` with `names` below it. Names are used as they are, so they hold neither `..` nor a leading slash."""
    for name in names:
        if name.startswith("/") or ".." in name.split("/"):
            raise ArtifactError(f"the name {name!r} leaves the folder {uri!r}")
    return posixpath.join(normalise(uri), *names)


def read_bytes(uri: str) -> bytes:
    """The whole content of the file `uri`. Raises FileNotFoundError."""
    fs, path = filesystem(uri)
    with fs.open(path, "rb") as source:
        return bytes(source.read())


def list_files(uri: str) -> dict[str, int]:
    """Names and sizes in bytes of the files below the folder `uri`, by path relative to it; empty if there is none."""
    fs, path = filesystem(uri)
    if not fs.exists(path):
        return {}
    base = path.rstrip("/") + "/"
    found = fs.find(path, detail=True)
    return {_path_of(name).removeprefix(base): int(info["size"]) for name, info in sorted(found.items())}


def list_folders(uri: str) -> list[str]:
    """The names of the folders directly in `uri`, sorted; empty if `uri` is not there."""
    fs, path = filesystem(uri)
    try:
        found = fs.ls(path, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(posixpath.basename(entry["name"].rstrip("/")) for entry in found if entry["type"] == "directory")


def remove_folder(uri: str) -> None:
    """Delete the folder `uri` and all below it."""
    fs, path = filesystem(uri)
    fs.rm(path, recursive=True)


def _path_of(name: str) -> str:
    return urlsplit(name).path if name.startswith("hdfs://") else name


def _create_by_link(uri: str, data: bytes) -> None:
    # A hard link is created whole or not at all, and never replaces what is there.
    target = local_path(uri)
    assert target is not None
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    with temporary.open("xb") as sink:
        sink.write(data)
        sink.flush()
        os.fsync(sink.fileno())
    try:
        os.link(temporary, target)
    finally:
        temporary.unlink()


def _create_on_hdfs(uri: str, data: bytes) -> None:
    # HDFS shows a file from its first block on, so it is written aside; renaming a *file* onto a free name is atomic.
    import hdfs_native

    fs, path = filesystem(uri)
    temporary = posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path)}.{uuid.uuid4().hex}")
    fs.makedirs(posixpath.dirname(path), exist_ok=True)
    with fs.open(temporary, "wb") as sink:
        sink.write(data)
    client = hdfs_native.Client(f"hdfs://{urlsplit(normalise(uri)).netloc}")
    try:
        client.rename(temporary, path, overwrite=False)
    except FileExistsError:
        fs.rm(temporary)
        raise


def _create_in_store(uri: str, data: bytes) -> None:
    # A put is atomic in an object store; "xb" asks it to refuse a key that exists.
    fs, path = filesystem(uri)
    with fs.open(path, "xb") as sink:
        sink.write(data)


_CREATORS: dict[str, Callable[[str, bytes], None]] = {"file": _create_by_link, "hdfs": _create_on_hdfs}


def create(uri: str, data: bytes) -> None:
    """Make the file `uri` with `data`, whole or not at all. Raises FileExistsError if it is there already."""
    scheme = urlsplit(normalise(uri)).scheme
    _CREATORS.get(scheme, _create_in_store)(uri, data)
