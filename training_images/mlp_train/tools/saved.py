"""What was saved, whatever it is: the weights and tables of a bundle, or of a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mlp_core.bundle import Bundle

    Array = npt.NDArray[Any]
    Floats = npt.NDArray[np.float32]
    Ids = npt.NDArray[np.int64]

_NETWORK, _TABLE = "network/", "table/"
# Constants that exporters make up.
_MADE_UP = re.compile(r"val_\d+|const.*__\d+")


@dataclass(frozen=True)
class SavedTable:
    """An embedding table. values: (rows, width), None where a checkpoint leaves them to the bundle; keys: of a growing one, (rows,), the
    first for row 0; slots: the optimizer's, by name.
    """

    values: Floats | None
    keys: Ids | None = None
    slots: Mapping[str, Array] = field(default_factory=dict)

    def parts(self) -> Iterator[tuple[str, Array]]:
        """Its arrays by the name that they have in a state after the table's own."""
        if self.values is not None:
            yield "", self.values
        if self.keys is not None:
            yield "keys", self.keys
        yield from self.slots.items()


@dataclass(frozen=True)
class Saved:
    """weights: of the network, by name; state: what a learner loads: weights with their slots; bundle: None for a checkpoint."""

    uri: str
    weights: Mapping[str, Array]
    tables: Mapping[str, SavedTable]
    state: Mapping[str, Array]
    bundle: Bundle | None = None


def open_saved(uri: str) -> Saved:
    """The bundle or checkpoint at `uri`. TrainError where there is neither; ArtifactError and BundleError where it is damaged."""
    from mlp_core.artifacts import storage
    from mlp_core.bundle import load
    from mlp_core.bundle.format import MODEL
    from mlp_train.errors import TrainError
    from mlp_train.tables.collecting import join
    from mlp_train.training.checkpoints import state_file
    from mlp_train.training.warm_start import FILE

    names = storage.list_files(uri)
    if MODEL in names:
        return _of_bundle(uri, load(uri))
    if FILE in names:
        return _of_state(uri, _arrays(uri, FILE))
    first = re.compile(state_file(0, 0).replace("0.", r"(\d+)."))
    for name in names:
        if match := first.fullmatch(name):
            parts = int(match[1])
            return _of_state(uri, join([_arrays(uri, state_file(part, parts)) for part in range(parts)]))
    raise TrainError(f"{uri} is neither a bundle (no {MODEL}) nor a checkpoint (no {FILE}, no {state_file(0, 1)}); check the URI")


def _of_bundle(uri: str, bundle: Bundle) -> Saved:
    import numpy as np

    from mlp_core.bundle.tables import DynamicTable
    from mlp_train.training.warm_start import FILE, open_parent

    checkpoint = open_parent(uri).checkpoint
    beside = _of_state(checkpoint, _arrays(checkpoint, FILE)) if checkpoint else None
    tables = {}
    for name, table in bundle.tables.items():
        keys = np.concatenate([[0], table.keys]).astype(np.int64) if isinstance(table, DynamicTable) else None
        slots = beside.tables[name].slots if beside is not None and name in beside.tables else {}
        tables[name] = SavedTable(table.values, keys, slots)
    weights = _of_network(bundle)
    # A network's ONNX may name weights in another way than its framework does, so what lies beside is better to load from.
    return Saved(uri, weights, tables, weights if beside is None else beside.state, bundle)


def _of_state(uri: str, arrays: Mapping[str, Array]) -> Saved:
    state = {name.removeprefix(_NETWORK): value for name, value in arrays.items() if name.startswith(_NETWORK)}
    parts: dict[str, dict[str, Array]] = {}
    for name, value in arrays.items():
        if name.startswith(_TABLE):
            table, _, part = name.removeprefix(_TABLE).rpartition("/") if _is_part(name) else (name.removeprefix(_TABLE), "", "")
            parts.setdefault(table, {})[part] = value
    tables = {name: SavedTable(found.pop("", None), found.pop("keys", None), found) for name, found in parts.items()}
    weights = {name: value for name, value in state.items() if "/" not in name}
    return Saved(uri, {name: value for name, value in weights.items() if value.dtype.kind == "f"}, tables, state)


def _is_part(name: str) -> bool:
    """Whether `table/…/sum` is a table's slot: its last piece is one of those that tables have."""
    from mlp_train.tables.growing import KEYS, MARKS, WAITING
    from mlp_train.tables.optimizers import ROW_OPTIMIZERS

    known = {KEYS, MARKS, WAITING} | {slot for optimizer in ROW_OPTIMIZERS.values() for slot in optimizer.slots}
    return name.count("/") > 1 and name.rpartition("/")[2] in known


def _arrays(uri: str, name: str) -> dict[str, Array]:
    from mlp_core.artifacts import Artifact
    from mlp_train.training.tensors import Tensors

    return dict(Tensors(Path(Artifact.load(uri).local()) / name))


def _of_network(bundle: Bundle) -> dict[str, Array]:
    """Floats in dense.onnx by name, without constants that the exporter has made."""
    import onnx
    from onnx import numpy_helper

    from mlp_core.bundle.format import NETWORK

    assert bundle.folder is not None
    graph = onnx.load_from_string((bundle.folder / NETWORK).read_bytes()).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer if not _MADE_UP.fullmatch(item.name)}
    return {name.removeprefix("network."): array for name, array in sorted(arrays.items()) if array.dtype.kind == "f"}
