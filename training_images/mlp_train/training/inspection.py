"""A batch on disk, for a person to look at."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mlp_core.artifacts import storage
from mlp_core.specs import TrainingSpec
from mlp_train.data.batches import Batch
from mlp_train.shape import Shape


def batch_table(batch: Batch, shape: Shape) -> pa.Table:
    """The batch's columns by name: features, labels, and `weight` where rows have one."""
    ids = [column.name for column in shape.columns if column.kind == "id"]
    lists = [column.name for column in shape.columns if column.kind == "list"]
    columns = {name: pa.array(batch.ids[:, place]) for place, name in enumerate(ids)}
    columns |= {
        name: pa.LargeListArray.from_arrays(each.offsets, pa.array(each.ids)) for name, each in zip(lists, batch.lists, strict=True)
    }
    columns |= {name: pa.array(batch.dense[:, place]) for place, name in enumerate(shape.dense)}
    columns |= {name: pa.array(batch.labels[:, place]) for place, name in enumerate(shape.labels)}
    if batch.weights is not None:
        columns["weight"] = pa.array(batch.weights)
    return pa.table(columns)


def save_batch(batch: Batch, shape: Shape, spec: TrainingSpec) -> str:
    """Write the batch as a Parquet file beside the checkpoints, or into a new temporary folder; returns its URI."""
    folder = spec.checkpoints or Path(tempfile.mkdtemp(prefix=f"{spec.name}-")).as_uri()
    uri = storage.join(folder, "bad-batch.parquet")
    fs, path = storage.filesystem(uri)
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    with fs.open(path, "wb") as sink:
        pq.write_table(batch_table(batch, shape), sink)
    return uri
