"""The one error that reading and publishing artifacts raises."""

from __future__ import annotations


class ArtifactError(Exception):
    """An artifact is missing, damaged or misused; the message says which, where, and what to do."""
