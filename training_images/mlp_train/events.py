"""What a training says while it runs: one JSON object per line on standard output, unless somebody else listens."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

# Takes an event's name and its fields. What it raises ends the training.
Listener = Callable[[str, dict[str, Any]], None]


def write_line(event: str, fields: dict[str, Any]) -> None:
    """Write `{"event": event, …}` as one line on standard output."""
    sys.stdout.write(msgspec.json.encode({"event": event, **fields}).decode() + "\n")
    sys.stdout.flush()


_listeners: list[Listener] = [write_line]


def emit(event: str, **fields: Any) -> None:
    """Tell all who listen. Numbers that JSON cannot say (NaN, infinity) become null."""
    said = _sayable(fields)
    for listener in tuple(_listeners):
        listener(event, said)


@contextmanager
def listening(*listeners: Listener, quiet: bool = False) -> Iterator[None]:
    """Let these hear every event while the block runs; `quiet`: only these, and no line is written.

    The chief alone speaks, so in a training of several processes nothing is heard elsewhere.
    """
    global _listeners  # noqa: PLW0603
    before = _listeners
    _listeners = [*([] if quiet else before), *listeners]
    try:
        yield
    finally:
        _listeners = before


def _sayable(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item) for item in value]
    return value
