"""What `--input` of a command may name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from feature_dsl.errors import FeatureError
from feature_dsl.tools.data import Data, open_data
from feature_dsl.types import Type
from mlp_core.artifacts import storage
from mlp_core.home import warehouse

if TYPE_CHECKING:
    import pyarrow as pa

_MANIFEST = "_manifest.json"


def open_input(source: str, types: Mapping[str, Type]) -> Data:
    """The rows of a file, of a folder of files, of an artifact or of a table of this machine's warehouse.

    :param types: types of columns where the data do not say them (CSV).
    :raises FeatureError: where there is no such thing, or it cannot be read.
    :raises ArtifactError: where a URI names no artifact.
    """
    local = storage.local_path(source)
    if local is None or (local / _MANIFEST).is_file():
        return _artifact(source)
    if local.exists():
        return open_data(local, types)
    folder = storage.local_path(storage.join(warehouse(), source)) if "/" not in source and ".." not in source else None
    if folder is not None and folder.is_dir():
        return open_data(folder, types)
    raise FeatureError("there is no such file, folder or table", file=source, hint=f"tables are looked for in {warehouse()}")


def _artifact(uri: str) -> Data:
    from mlp_core.artifacts import Artifact

    artifact = Artifact.load(uri)
    schema = artifact.schema

    def read(columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])
        for batch in artifact.batches(wanted.names):
            yield batch.select(wanted.names).cast(wanted)

    return Data(artifact.uri, schema, read)
