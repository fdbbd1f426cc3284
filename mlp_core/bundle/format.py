"""model.json: what a bundle is and how its files fit together. Data only.

A bundle holds nothing that differs between two runs of the same training (times, attempts, machines), so equal training gives
equal bytes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlp_core.bundle.errors import BundleError

MODEL = "model.json"
FEATURES = "features.json"
NETWORK = "dense.onnx"
CHECK = "check.parquet"
CHECK_ROWS = 100
TOLERANCE = 1e-5


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """A feature column that the model reads. Categorical ones (`int64`, `list<int64>`) name their table; dense ones are `float64`."""

    name: str
    type: Literal["int64", "list<int64>", "float64"]
    table: str | None = None
    max_length: int | None = None

    @property
    def is_list(self) -> bool:
        """Whether a row holds any number of ids."""
        return self.type == "list<int64>"

    @property
    def is_dense(self) -> bool:
        """Whether the value goes to the network as it is."""
        return self.type == "float64"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """An embedding table: `rows` × `width` float32, little-endian, row by row, no header. Features may share one.

    kind: the ids of a `fixed` table are the numbers of its rows, others have row 0; a `dynamic` one knows the ids in `keys_file`, int64,
    little-endian, ascending: the i-th of them has row i + 1, all others row 0.
    """

    name: str
    file: str
    rows: Annotated[int, Meta(ge=1)]
    width: Annotated[int, Meta(ge=1)]
    kind: Literal["fixed", "dynamic"] = "fixed"

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self.rows * self.width * 4

    @property
    def keys_file(self) -> str:
        """The file of a dynamic table's keys: `tables/<name>.keys.bin` beside `tables/<name>.bin`."""
        return f"{self.file.removesuffix('.bin')}.keys.bin"

    @property
    def keys_bytes(self) -> int:
        """Size of that file."""
        return (self.rows - 1) * 8

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return (self.file, self.keys_file) if self.kind == "dynamic" else (self.file,)


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """An input of the network and the features it is made of, in order.

    pooled: (rows, features, width) float32, an embedding row per feature, the mean of them for lists, zeros for an empty list;
    dense: (rows, features) float32; sequence, of one list feature: (rows, length, width) float32, a list's embedding rows in order and
    zeros after them, length being the longest list's, at least 1; mask, of the same: (rows, length) float32, 1 for a place that is filled.
    """

    name: str
    kind: Literal["pooled", "dense", "sequence", "mask"]
    features: tuple[str, ...]


class Column(msgspec.Struct, frozen=True):
    """A raw column that `score_raw` reads: its name and type as the feature language spells it."""

    name: str
    type: str


class DataWindow(msgspec.Struct, frozen=True, kw_only=True):
    """The days that the weights have learned from, first and last (`2000-11-20`); null where the data names no partitions."""

    start: str | None = None
    end: str | None = None


class FileInfo(msgspec.Struct, frozen=True):
    """Size in bytes and SHA-256 of a file of the bundle."""

    bytes: int
    sha256: str


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The content of model.json.

    inputs, output: of the network: the output holds probabilities, (rows,) or (rows, tasks); metrics: on the validation set, by
    name, for tasks an object by label; parent: content digest of the bundle that training started from; versions: of the libraries.
    """

    version: Literal[1] = 1
    name: str
    framework: str
    algorithm: str
    labels: tuple[str, ...]
    group: str | None = None
    params: dict[str, Any] = {}
    features: tuple[Feature, ...]
    tables: tuple[Table, ...]
    inputs: tuple[Input, ...]
    output: str = "score"
    raw: tuple[Column, ...]
    metrics: dict[str, Any] = {}
    data: DataWindow = DataWindow()
    parent: str | None = None
    versions: dict[str, str] = {}
    files: dict[str, FileInfo] = {}

    @classmethod
    def from_json(cls, text: bytes, where: str) -> ModelInfo:
        """Read model.json; BundleError says what is wrong in the file `where`."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise BundleError(f"{where} is not a bundle's {MODEL}: {error}; export the bundle again") from error

    def to_json(self) -> bytes:
        """model.json, indented for people."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"
