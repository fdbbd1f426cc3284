"""What a user's own code is, as far as it can be seen from here."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path


def digest_of_class(target: str) -> str | None:
    """SHA-256 of the source file of `package.module:Class`, None where the module is not importable here (it may be in an image).

    Packages on the way are imported, the module itself is not.
    """
    module = target.partition(":")[0]
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    if found is None or found.origin is None or not Path(found.origin).is_file():
        return None
    return hashlib.sha256(Path(found.origin).read_bytes()).hexdigest()
