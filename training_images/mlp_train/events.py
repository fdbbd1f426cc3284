"""One JSON object per line on standard output: what a launcher, a log and a person read."""

from __future__ import annotations

import math
import sys
from typing import Any

import msgspec


def emit(event: str, **fields: Any) -> None:
    """Write `{"event": event, …}` as one line. Numbers that JSON cannot say (NaN, infinity) become null."""
    line = msgspec.json.encode({"event": event, **_sayable(fields)})
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()


def _sayable(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item) for item in value]
    return value
