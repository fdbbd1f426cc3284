"""The one error of the training library."""

from __future__ import annotations


class TrainError(Exception):
    """Training cannot begin or go on; the message is one sentence: what is wrong, in which column or field, and the cure."""
