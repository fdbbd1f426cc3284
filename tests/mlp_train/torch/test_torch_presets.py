"""Every preset: overfits a batch, learns what lr cannot, and scores in a bundle as in training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlp_core.bundle import Contents, Feature, ModelInfo, Table
from mlp_core.specs.presets import presets
from mlp_train.errors import TrainError
from mlp_train.shape import Column, Shape
from mlp_train.torch.presets import MODELS

from .planted import Rows, collections, crossed, drifts
from .rig import Rig

TASKS = {"mmoe": 2, "ple": 2, "esmm": 2}
TYPES = {"id": "int64", "list": "list<int64>", "dense": "float64"}


def with_tasks(rows: Rows, name: str) -> Rows:
    """As many labels as the preset takes."""
    tasks = TASKS.get(name, 1)
    return replace(rows, shape=replace(rows.shape, labels=rows.shape.labels[:tasks]), labels=rows.labels[:, :tasks])


def everything(count: int, tasks: int, seed: int = 0) -> Rows:
    """Columns of all kinds, which suit every preset; labels at random."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "item": rng.permutation(count),
        "user": rng.permutation(count),
        "seen": [rng.integers(0, count, length).tolist() for length in rng.integers(0, 6, count)],
        "tags": [rng.integers(0, 5, length).tolist() for length in rng.integers(0, 4, count)],
        "price": rng.normal(3, 2, count).astype(np.float32),
        "age": rng.normal(size=count).astype(np.float32),
    }
    shape = Shape(
        (
            Column("item", "id", "item", ("item",)),
            Column("user", "id", "user", ("user",)),
            Column("seen", "list", "item", ("user",)),
            Column("tags", "list", "tags", ("item",)),
            Column("price", "dense", None, ("item",)),
            Column("age", "dense", None, ("user",)),
        ),
        tuple(f"label{task}" for task in range(tasks)),
    )
    return Rows(shape, columns, (rng.random((count, tasks)) < 0.5).astype(np.float32))


def test_every_preset_has_a_model() -> None:
    assert set(MODELS) == set(presets)
    for name, model in MODELS.items():
        assert model.Params is presets[name].params


@pytest.mark.parametrize("name", MODELS)
def test_it_overfits_one_batch(name: str) -> None:
    rows = everything(64, TASKS.get(name, 1))
    if name == "two_tower":
        # It learns to choose: every row is a choice.
        rows = replace(rows, labels=np.ones_like(rows.labels))
    if name == "esmm":
        rows = replace(rows, labels=rows.labels * rows.labels[:, :1])
    rig = Rig.of(name, rows.shape, rows.sizes)
    batch = rows.take(np.arange(rows.count))
    losses = [rig.learn(batch) for _ in range(120)]
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("name", ["fm", "wide_deep", "deepfm", "dcn_v2", "xdeepfm", "autoint", "fibinet", "mmoe", "ple", "esmm"])
def test_it_learns_what_lr_cannot(name: str) -> None:
    train, held_out = with_tasks(crossed(), name).split(3000)
    rig = Rig.of(name, train.shape, train.sizes)
    rig.fit(train, epochs=6)
    assert min(rig.auc(held_out)) > 0.85


def test_lr_learns_what_single_values_say() -> None:
    rows = crossed()
    train, held_out = with_tasks(rows, "lr").split(3000)
    rig = Rig.of("lr", train.shape, train.sizes)
    rig.fit(train, epochs=4)
    assert 0.4 < rig.auc(held_out)[0] < 0.6
    signs = (rows.columns["a"] + rows.columns["price"] > 4).astype(np.float32)[:, None]
    train, held_out = replace(rows, shape=replace(rows.shape, labels=("label",)), labels=signs).split(3000)
    rig = Rig.of("lr", train.shape, train.sizes)
    rig.fit(train, epochs=4)
    assert rig.auc(held_out)[0] > 0.97


@pytest.mark.parametrize(("name", "rows"), [("din", collections), ("dien", drifts)])
def test_attention_to_a_history_beats_its_mean(name: str, rows: Callable[[int], Rows]) -> None:
    train, held_out = rows(9000).split(8000)
    found = {}
    for each in (name, "deepfm"):
        rig = Rig.of(each, train.shape, train.sizes, embedding_dim=8, hidden=[32], learning_rate=0.02)
        rig.fit(train, epochs=5)
        found[each] = rig.auc(held_out)[0]
    assert found[name] > 0.88
    assert found[name] > found["deepfm"] + 0.1


@pytest.mark.parametrize("name", MODELS)
def test_a_bundle_scores_as_training_does(name: str) -> None:
    rows = everything(40, TASKS.get(name, 1))
    rig = Rig.of(name, rows.shape, rows.sizes)
    rig.learner.standardise(np.array([3.0, 0.0], np.float32), np.array([2.0, 1.0], np.float32))
    for _ in range(3):
        rig.learn(rows.take(np.arange(rows.count)))
    info = ModelInfo(
        name="ctr",
        framework="torch",
        algorithm=name,
        labels=rows.shape.labels,
        features=tuple(Feature(name=c.name, type=TYPES[c.kind], table=c.table) for c in rows.shape.columns),  # type: ignore[arg-type]
        tables=tuple(Table(name=t, file=f"tables/{t}.bin", rows=n or 1, width=rig.learner.width) for t, n in rows.sizes.items()),
        inputs=rig.learner.inputs,
        raw=(),
    )
    bundle = Contents(info, {table: rig.tables.values(table) for table in rows.sizes}, rig.learner.export()).bundle()
    empty = replace(rows, columns={**rows.columns, "seen": [[]] * rows.count, "tags": [[]] * rows.count})
    for part in (rows, rows.split(1)[0], rows.split(7)[1], empty):
        features = pa.table({key: pa.array(values, _arrow(part.shape.column(key).kind)) for key, values in part.columns.items()})
        scores = bundle.score_features(features)
        assert scores.shape == ((part.count,) if len(info.labels) == 1 else (part.count, len(info.labels)))
        assert np.abs(scores - rig.score(part)).max() < 1e-5
        assert ((scores > 0) & (scores < 1)).all()


def _arrow(kind: str) -> pa.DataType:
    return {"id": pa.int64(), "list": pa.list_(pa.int64()), "dense": pa.float64()}[kind]


@pytest.mark.parametrize(("name", "least"), [("fibinet", 2), ("xdeepfm", 1)])
def test_too_few_columns_are_refused(name: str, least: int) -> None:
    with pytest.raises(TrainError, match=rf"{name} crosses categorical columns and needs at least {least}, there are {least - 1}"):
        Rig.of(name, Shape((*(Column(f"a{n}", "id", "a") for n in range(least - 1)), Column("x", "dense"))), {"a": 2})


@pytest.mark.parametrize("name", ["lr", "fm", "wide_deep", "deepfm", "dcn_v2", "autoint", "mmoe"])
def test_dense_columns_suffice(name: str) -> None:
    shape = Shape((Column("x", "dense"), Column("y", "dense")), ("click", "buy")[: TASKS.get(name, 1)])
    rig = Rig.of(name, shape, {})
    values = np.random.default_rng(0).normal(size=(2, 5)).astype(np.float32)
    rows = Rows(shape, {"x": values[0], "y": values[1]}, np.ones((5, shape.tasks), np.float32))
    first = rig.learn(rows.take(np.arange(5)))
    assert rig.learn(rows.take(np.arange(5))) < first
