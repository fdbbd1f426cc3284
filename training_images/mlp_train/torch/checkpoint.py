"""What training needs to go on from a bundle, and serving does not: dense weights by name and optimizer state, as safetensors."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mlp_core.artifacts import Artifact, resume, storage
from mlp_train.torch.module import RecModule
from mlp_train.torch.optimizers import Optimizers, state_tensors

FILE = "checkpoint.safetensors"
DENSE, TABLE = "dense/", "table/"
EMBEDDING = "tables.stacked.weight"
# Where a bundle's manifest names its checkpoint: a sibling of the bundle's content, so that the bundle's bytes do not depend on it.
STATISTIC = "checkpoint"


def collect(module: RecModule, optimizers: Optimizers) -> dict[str, Tensor]:
    """The checkpoint's tensors.

    `dense/<name>`: a dense weight or buffer; `dense/<name>/<slot>`: its optimizer's; `table/<table>/<slot>`: the optimizer's for the
    table's rows. The tables themselves are in the bundle.
    """
    found = {DENSE + name: value for name, value in module.state_dict().items() if name != EMBEDDING}
    names = module.names()
    for optimizer in optimizers.all().values():
        for key, value in state_tensors(optimizer, names).items():
            name, _, slot = key.rpartition("/")
            if name != EMBEDDING:
                found[DENSE + key] = value
            elif value.shape == module.tables.weight.shape:
                found |= {f"{TABLE}{table}/{slot}": module.tables.slice(value, table) for table in module.tables.sizes}
            else:
                found |= {f"{TABLE}{table}/{slot}": value for table in module.tables.sizes}
    return {name: value.detach().contiguous().clone() for name, value in found.items()}


def save(uri: str, tensors: Mapping[str, Tensor]) -> str:
    """Publish the checkpoint at `uri`; returns its URI. ArtifactError if something is published there."""
    with resume(uri, kind="model", step="checkpoint") as attempt, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        save_file(dict(tensors), path)
        attempt.add_file(path, FILE)
    return attempt.uri


def load(uri: str) -> dict[str, Tensor]:
    """The tensors of a published checkpoint."""
    tensors: dict[str, Tensor] = load_file(Artifact.load(uri).local() / FILE)
    return tensors


def of_bundle(bundle_uri: str) -> str | None:
    """The URI of a bundle's checkpoint; None for a plain copy, or a bundle that was trained without one."""
    fs, path = storage.filesystem(storage.join(bundle_uri, "_manifest.json"))
    if not fs.exists(path):
        return None
    uri = Artifact.load(bundle_uri).manifest.statistics.get(STATISTIC)
    return str(uri) if uri else None


def put_slot(optimizers: Optimizers, parameter: torch.nn.Parameter, slot: str, value: Tensor, rows: slice | None = None) -> bool:
    """Set the optimizer's `slot` of a parameter, or some rows of it; False where the optimizer has no such slot of this shape."""
    for optimizer in optimizers.all().values():
        slots = optimizer.state.get(parameter)
        if not slots or slot not in slots:
            continue
        target = slots[slot] if rows is None or slots[slot].shape != parameter.shape else slots[slot][rows]
        if target.shape != value.shape:
            return False
        with torch.no_grad():
            target.copy_(value)
        return True
    return False
