"""The one error that a specification raises."""

from __future__ import annotations


class SpecError(ValueError):
    """A specification is wrong; the message is one sentence that names the field and the cure."""
