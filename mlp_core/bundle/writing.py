"""Writing a bundle, whatever the framework: the network as ONNX bytes, tables as arrays, the plan as JSON, check rows."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from mlp_core.bundle.bundle import Bundle, pack_check
from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import CHECK, CHECK_ROWS, FEATURES, MODEL, NETWORK, TOLERANCE, FileInfo, ModelInfo
from mlp_core.bundle.loading import read_plan
from mlp_core.bundle.network import Network
from mlp_core.bundle.tables import Keys, chunks, key_chunks, make_table

if TYPE_CHECKING:
    import pyarrow as pa


class Sink(Protocol):
    """Anything that takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Write all of `data`."""


Opener = Callable[[str], AbstractContextManager[Sink]]


@dataclass(frozen=True)
class Contents:
    """What a bundle is made of. tables: by name, (rows, width) float32; keys: of dynamic ones; plan: `Plan.to_json()` or None."""

    info: ModelInfo
    tables: Mapping[str, npt.NDArray[np.float32]]
    network: bytes
    plan: str | None = None
    keys: Mapping[str, Keys] = field(default_factory=dict)

    def bundle(self) -> Bundle:
        """The bundle in memory, as it will be once loaded; BundleError where the parts do not fit together."""
        tables = {table.name: make_table(table, self.tables[table.name], self.keys.get(table.name)) for table in self.info.tables}
        return Bundle(self.info, tables, Network(self.network, self.info.output), read_plan(self.plan or "null"))


def write(contents: Contents, open_file: Opener, *, features: pa.Table, raw: pa.Table | None = None) -> ModelInfo:
    """Write every file of a bundle, model.json last, and return its content.

    open_file: opens a file of the bundle by name, as `Attempt.open` or `folder(path)` do. features: at least one row, up to 100, to compare
    later loads with, their scores are computed here; raw: the same rows' raw columns, where they are known. Raises BundleError when
    the parts do not fit together or a score is not a number.
    """
    if not 1 <= features.num_rows <= CHECK_ROWS:
        raise BundleError(f"a bundle needs 1 to {CHECK_ROWS} check rows, not {features.num_rows}; pass some rows of the training data")
    info, bundle = contents.info, contents.bundle()
    features = features.select([feature.name for feature in info.features])
    scores = bundle.score_features(features)
    if not np.isfinite(scores).all():
        raise BundleError("the model scores NaN on its own training rows; train it again with a lower learning rate")
    if raw is not None:
        difference = float(np.max(np.abs(bundle.score_raw(raw) - scores)))
        if not difference <= TOLERANCE:
            raise BundleError(
                f"score_raw differs by {difference:.3g} from score_features on the same rows: the feature columns were not computed by this"
                f" plan; compute them again with it"
            )
    files: dict[str, FileInfo] = {}
    for table in info.tables:
        keys = contents.keys.get(table.name)
        files[table.file] = _write(open_file, table.file, chunks(contents.tables[table.name], keys))
        if keys is not None:
            files[table.keys_file] = _write(open_file, table.keys_file, key_chunks(keys))
    files[NETWORK] = _write(open_file, NETWORK, iter([contents.network]))
    files[FEATURES] = _write(open_file, FEATURES, iter([(contents.plan or "null").encode()]))
    files[CHECK] = _write(open_file, CHECK, iter([_parquet(pack_check(raw, features, scores))]))
    complete = msgspec.structs.replace(info, files=files)
    _write(open_file, MODEL, iter([complete.to_json()]))
    return complete


def folder(path: Path) -> Opener:
    """Opens files below the local folder `path`, making folders as needed."""

    @contextmanager
    def open_file(name: str) -> Iterator[Sink]:
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as sink:
            yield sink

    return open_file


def _write(open_file: Opener, name: str, parts: Iterator[bytes]) -> FileInfo:
    digest, size = hashlib.sha256(), 0
    with open_file(name) as sink:
        for part in parts:
            sink.write(part)
            digest.update(part)
            size += len(part)
    return FileInfo(size, digest.hexdigest())


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
