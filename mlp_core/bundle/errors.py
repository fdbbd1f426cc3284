"""The one error that a bundle raises."""

from __future__ import annotations


class BundleError(Exception):
    """A bundle is damaged, incomplete or used with columns that do not fit; the message names the file or column and the cure."""
