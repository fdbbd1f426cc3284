"""A history through the whole of training: from Parquet to a bundle that scores lists of any length."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from mlp_core import bundle
from mlp_train.errors import TrainError

from .conftest import MakeSpec, train, write_day
from .torch.planted import collections

PARAMS = {"embedding_dim": 4, "hidden": (8,), "attention_hidden": (8,), "refit": False}


def table(rows: int, shared: str) -> pa.Table:
    """What users have met and an item; `shared`: the embedding table of the first."""
    made = collections(rows)
    columns = {
        "item": (pa.array(made.columns["item"], pa.int64()), "item"),
        "seen": (pa.array(made.columns["seen"], pa.list_(pa.int64())), shared),
    }
    fields = [pa.field(name, column.type, metadata={"role": "categorical", "table": key}) for name, (column, key) in columns.items()]
    label = pa.array(made.labels[:, 0].astype(int), pa.int64())
    schema = pa.schema([*fields, pa.field("label", pa.int64())])
    return pa.Table.from_arrays([*(column for column, _ in columns.values()), label], schema=schema)


def test_din_is_trained_and_scores_lists_of_any_length(make_spec: MakeSpec, tmp_path: Path) -> None:
    data = write_day(tmp_path / "histories", "2000-11-19", table(600, "item"))
    spec = make_spec(algorithm="din", train=[data], validation=[data], group=None, params=PARAMS, epochs=1)
    loaded = bundle.load(train(spec)["bundle"])
    assert [item.name for item in loaded.info.inputs] == ["pooled", "sequence.seen", "mask.seen"]
    assert [item.name for item in loaded.info.tables] == ["item"]
    loaded.check()
    rows = table(600, "item")
    whole = loaded.score_features(rows)
    apart = [float(loaded.score_features(rows.slice(place, 1))[0]) for place in range(20)]
    assert whole[:20].tolist() == pytest.approx(apart, abs=1e-6)


def test_a_history_of_another_table_is_refused(make_spec: MakeSpec, tmp_path: Path) -> None:
    data = write_day(tmp_path / "histories", "2000-11-19", table(50, "seen"))
    with pytest.raises(TrainError, match=r"do not share an embedding table; give them the same `table:`"):
        train(make_spec(algorithm="din", train=[data], validation=[], group=None, params=PARAMS))
