"""The errors of serving. Each message is one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations


class TritonError(Exception):
    """Triton does not answer, or answers with an error."""


class ServerError(TritonError):
    """The server on this machine does not start or stop."""


class BuildError(TritonError):
    """The Python environment that models run in cannot be built."""


class DeployError(TritonError):
    """A bundle is refused; what was served before goes on being served."""
