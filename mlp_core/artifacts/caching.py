"""A copy on this machine of an artifact that lies elsewhere."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlp_core.artifacts import storage
from mlp_core.artifacts.manifest import MANIFEST
from mlp_core.home import home

if TYPE_CHECKING:
    from mlp_core.artifacts.reading import Artifact


def local_copy(artifact: Artifact) -> Path:
    """The folder of the copy. It is made aside and shown whole, so that two processes may ask for it at once."""
    manifest = artifact.manifest
    target = home() / "cache" / "artifacts" / manifest.id / f"{artifact.uri.rsplit('/', 1)[-1]}-{manifest.digest[:12]}"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=".copy-"))
    for name in [*(file.path for file in manifest.files), MANIFEST]:
        fs, path = storage.filesystem(storage.join(artifact.uri, name))
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        fs.get_file(path, str(staging / name))
    try:
        staging.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(staging)  # another process was first, with the same content
    return target
