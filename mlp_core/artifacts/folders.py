"""Data that lies elsewhere, as a reference lists it: the files in a folder, with sizes and modification times, nothing copied."""

from __future__ import annotations

import datetime as dt
import posixpath
from typing import Any

from mlp_core.artifacts import storage
from mlp_core.artifacts.errors import ArtifactError
from mlp_core.artifacts.manifest import Entry, ExternalFile, digest_of

# What file systems call the mark that changes with a file's content; an etag says more than a time.
_STAMPS = ("ETag", "etag", "mtime", "modification_time", "LastModified", "last_modified", "updated", "modified")


def data_files(uri: str) -> tuple[ExternalFile, ...]:
    """The files below the folder `uri`, sorted; those with a part of their path that begins with `_` or `.` are no data.

    Empty where there is no such folder. Raises ArtifactError where the file system tells no modification time.
    """
    uri = storage.normalise(uri)
    fs, path = storage.filesystem(uri)
    fs.invalidate_cache()
    if not fs.exists(path):
        return ()
    found = []
    for name, info in sorted(fs.find(path, detail=True).items()):
        inside = posixpath.relpath(fs._strip_protocol(name), path)
        if not any(part.startswith(("_", ".")) for part in inside.split("/")):
            found.append(ExternalFile(uri=storage.join(uri, inside), bytes=int(info["size"]), stamp=_stamp(info, uri)))
    return tuple(found)


def folder_entry(partition: str, uri: str) -> Entry | None:
    """The folder `uri` as the partition `partition` of a reference, None where it holds no data.

    Its digest is over the files' paths, sizes and modification times or etags.
    """
    files = data_files(uri)
    if not files:
        return None
    digest = digest_of([[file.uri, file.bytes, file.stamp] for file in files])
    return Entry(partition=partition, uri=storage.normalise(uri), digest=digest, files=files)


def _stamp(info: dict[str, Any], uri: str) -> str:
    for key in _STAMPS:
        value = info.get(key)
        if value is not None:
            return value.isoformat() if isinstance(value, dt.datetime) else str(value).strip('"')
    raise ArtifactError(f"the file system of {uri} tells neither etags nor modification times, so that new data there could not be seen")
