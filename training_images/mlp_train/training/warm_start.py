"""Going on from a parent bundle: what has the same name and shape is taken, the rest begins anew."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mlp_core.artifacts import Artifact, storage
from mlp_core.artifacts.manifest import files_digest
from mlp_core.bundle import Bundle, ModelInfo, load
from mlp_core.bundle.format import MODEL
from mlp_core.bundle.tables import DynamicTable
from mlp_train.errors import TrainError
from mlp_train.learner import STEPS
from mlp_train.training.fitting import NETWORK, Fit
from mlp_train.training.tensors import Array, Tensors

# A published checkpoint: what training needs to go on from a bundle, and serving does not.
FILE = "checkpoint.safetensors"
# Where a bundle's manifest names its checkpoint: a sibling of the bundle's content, so that the bundle's bytes do not depend on it.
STATISTIC = "checkpoint"
TABLE = "table/"


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

    @property
    def checkpoint(self) -> str | None:
        """The URI of its checkpoint; None for a plain copy, or a bundle that was trained without one."""
        fs, path = storage.filesystem(storage.join(self.uri, "_manifest.json"))
        uri = Artifact.load(self.uri).manifest.statistics.get(STATISTIC) if fs.exists(path) else None
        return str(uri) if uri else None


def open_parent(uri: str) -> Parent:
    """The bundle at `uri`; BundleError or ArtifactError when it is damaged or not there."""
    return Parent(uri, load(uri))


def take_over(parent: Parent, fit: Fit) -> Report:
    """Copy tables by name, rows up to the shorter of both; dense weights and optimizer state by name where shapes agree.

    A table that has grown keeps its new rows as initialised. Raises TrainError when nothing fits.
    """
    report = Report(checkpoint=parent.checkpoint)
    saved = _saved(report.checkpoint)
    _tables(parent, fit, saved, report)
    _network(fit, saved, report)
    if not report.taken:
        raise TrainError(
            f"warm_start: {parent.uri} shares no table and no weight with this model;"
            f" it has tables {', '.join(sorted(parent.bundle.tables))}"
        )
    return report


def _saved(uri: str | None) -> Mapping[str, Array]:
    return Tensors(Artifact.load(uri).local() / FILE) if uri is not None else {}


def _tables(parent: Parent, fit: Fit, saved: Mapping[str, Array], report: Report) -> None:
    theirs: dict[str, Array] = {name: saved[name] for name in saved if not name.startswith(NETWORK)}
    for name, table in parent.bundle.tables.items():
        theirs[TABLE + name] = table.values
        if isinstance(table, DynamicTable):
            theirs[f"{TABLE}{name}/keys"] = np.concatenate([[0], table.keys])
    taken = set(fit.tables.load(theirs))
    for name in fit.tables.names:
        (report.taken if TABLE + name in taken else report.new).append(f"table {name}")
    report.dropped += [f"table {name}" for name in parent.bundle.tables if TABLE + name not in taken]


def _network(fit: Fit, saved: Mapping[str, Array], report: Report) -> None:
    theirs = {name.removeprefix(NETWORK): saved[name] for name in saved if name.startswith(NETWORK)}
    taken = set(fit.learner.load(theirs))
    here = {name for name in fit.learner.state() if name != STEPS}
    # Slots (`<weight>/<slot>`) go with their weights.
    report.taken += sorted(name for name in here if name in taken and "/" not in name)
    report.new += sorted(name for name in here if name not in taken and "/" not in name)
    report.dropped += [name for name in theirs if name not in taken and "/" not in name]
