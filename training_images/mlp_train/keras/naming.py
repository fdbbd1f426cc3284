"""Names of weights that say where they stand in a model, whatever else the process has made before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

_NUMBER = re.compile(r"_\d+$")


def weight_names(paths: Iterable[str]) -> list[str]:
    """A name for each of Keras's variable paths, in order, parts joined by dots.

    Keras numbers layers through the process (`mlp_7/dense_23/kernel`); here they are numbered within their parent (`mlp.dense_1.kernel`).
    """
    known: dict[tuple[str, str], str] = {}
    counts: dict[tuple[str, str], int] = {}
    names = []
    for path in paths:
        parent = ""
        for part in path.split("/"):
            if (parent, part) not in known:
                base = _NUMBER.sub("", part)
                count = counts.get((parent, base), 0)
                counts[parent, base] = count + 1
                known[parent, part] = f"{base}_{count}" if count else base
            name = known[parent, part]
            parent = f"{parent}.{name}" if parent else name
        names.append(parent)
    return names


def slot_names(optimizer: Any, weights: Sequence[Any], names: Sequence[str]) -> list[str]:
    """A name for each variable of the optimizer: `<weight>/<slot>`, or `optimizer/<name>` for those that belong to no weight.

    Keras names a slot after its weight's path with underscores, then the slot.
    """
    prefixes = {f"{weight.path.replace('/', '_')}_": name for weight, name in zip(weights, names, strict=True)}
    found = []
    for variable in optimizer.variables:
        owner = max((prefix for prefix in prefixes if variable.name.startswith(prefix)), key=len, default=None)
        found.append(f"{prefixes[owner]}/{variable.name[len(owner) :]}" if owner else f"optimizer/{variable.name}")
    return found
