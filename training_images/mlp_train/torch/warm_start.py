"""Going on from a parent bundle: what has the same name and shape is taken, the rest begins anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import torch

from mlp_core.artifacts import storage
from mlp_core.artifacts.manifest import files_digest
from mlp_core.bundle import Bundle, ModelInfo, load
from mlp_core.bundle.format import MODEL
from mlp_train.errors import TrainError
from mlp_train.torch import checkpoint
from mlp_train.torch.module import RecModule
from mlp_train.torch.optimizers import Optimizers


@dataclass
class Report:
    """Names of tables and dense weights that were taken from the parent, that are new here, and of the parent's that have no place here.

    checkpoint: URI that dense weights and optimizer state came from; None leaves them new.
    """

    taken: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    checkpoint: str | None = None


@dataclass(frozen=True)
class Parent:
    """A bundle to go on from."""

    uri: str
    bundle: Bundle

    @property
    def info(self) -> ModelInfo:
        """Its model.json."""
        return self.bundle.info

    @property
    def digest(self) -> str:
        """Its content digest, the same for an artifact and a plain copy of it."""
        model = hashlib.sha256(storage.read_bytes(storage.join(self.uri, MODEL))).hexdigest()
        return files_digest({name: file.sha256 for name, file in self.info.files.items()} | {MODEL: model})


def open_parent(uri: str) -> Parent:
    """The bundle at `uri`; BundleError or ArtifactError when it is damaged or not there."""
    return Parent(uri, load(uri))


def take_over(parent: Parent, module: RecModule, optimizers: Optimizers) -> Report:
    """Copy tables by name, rows up to the shorter of both; dense weights and optimizer state by name where shapes agree.

    A table that has grown keeps its new rows as initialised. Raises TrainError when nothing fits.
    """
    report = Report(checkpoint=checkpoint.of_bundle(parent.uri))
    tensors = checkpoint.load(report.checkpoint) if report.checkpoint else {}
    with torch.no_grad():
        _tables(parent, module, optimizers, tensors, report)
        _dense(module, optimizers, tensors, report)
    if not report.taken:
        raise TrainError(
            f"warm_start: {parent.uri} shares no table and no weight with this model;"
            f" it has tables {', '.join(sorted(parent.bundle.tables))}"
        )
    return report


def _parent_tables(parent: Parent) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(table.values.copy()) for name, table in parent.bundle.tables.items()}


def _tables(parent: Parent, module: RecModule, optimizers: Optimizers, tensors: dict[str, torch.Tensor], report: Report) -> None:
    theirs = _parent_tables(parent)
    for name, rows in module.tables.sizes.items():
        values = theirs.pop(name, None)
        if values is None or values.shape[1] != module.tables.width:
            report.new.append(f"table {name}")
            continue
        shared = min(rows, values.shape[0])
        base = module.tables.bases[name]
        module.tables.weight[base : base + shared] = values[:shared]
        prefix = f"{checkpoint.TABLE}{name}/"
        for key, state in tensors.items():
            if key.startswith(prefix):
                part = state[:shared] if state.shape == values.shape else state
                checkpoint.put_slot(optimizers, module.tables.weight, key.removeprefix(prefix), part, slice(base, base + shared))
        report.taken.append(f"table {name}")
    report.dropped += [f"table {name}" for name in theirs]


def _dense(module: RecModule, optimizers: Optimizers, tensors: dict[str, torch.Tensor], report: Report) -> None:
    parameters = dict(module.named_parameters())
    here = {name: value for name, value in module.state_dict().items() if name != checkpoint.EMBEDDING}
    for name, value in here.items():
        theirs = tensors.get(checkpoint.DENSE + name)
        if theirs is None or theirs.shape != value.shape:
            report.new.append(name)
            continue
        value.copy_(theirs)
        report.taken.append(name)
        prefix = f"{checkpoint.DENSE}{name}/"
        for key, state in tensors.items():
            if key.startswith(prefix) and name in parameters:
                checkpoint.put_slot(optimizers, parameters[name], key.removeprefix(prefix), state)
    names = {key.removeprefix(checkpoint.DENSE) for key in tensors if key.startswith(checkpoint.DENSE)}
    report.dropped += sorted(name for name in names if "/" not in name and name not in here)
