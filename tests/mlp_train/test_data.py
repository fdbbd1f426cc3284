"""What columns are to a model, and which files a URI stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import feature_dsl
from mlp_core import bundle
from mlp_core.artifacts import Artifact, Entry, Identity, Input, publish
from mlp_core.specs import TrainingSpec
from mlp_train.data import open_sources, resolve
from mlp_train.data.sources import Source, day_of
from mlp_train.errors import TrainError
from mlp_train.tools.scoring import Scored

from .conftest import MakeSpec, planted, train

SCRIPT = """
version: 1
group: ranking
domains:
  user: {key: user, columns: {user: utf8}}
  item: {key: item, columns: {item: int64, genres: utf8, price: float64}}
features:
  - {name: uid, kind: id_feature, source: user, hash_buckets: 500}
  - {name: genre, kind: list_feature, source: genres, separator: "|", hash_buckets: 50, max_length: 3}
  - {name: price_bucket, kind: boundary_feature, source: price, boundaries: [1.0, 2.0, 5.0]}
"""


def spec(**changes: object) -> TrainingSpec:
    return TrainingSpec(**({"name": "x", "algorithm": "lr", "train": ["t"], "output": "o"} | changes))  # type: ignore[arg-type]


def field(name: str, kind: pa.DataType, **metadata: str) -> pa.Field:
    return pa.field(name, kind, metadata=metadata or None)


def test_types_say_what_columns_are() -> None:
    schema = pa.schema(
        [("label", pa.int8()), ("i", pa.int32()), ("f", pa.float32()), ("l", pa.list_(pa.int64())), ("s", pa.utf8()), ("b", pa.bool_())]
    )
    layout = resolve(spec(), schema, {"i": 7})
    assert [(f.name, f.type, f.table) for f in layout.features] == [
        ("i", "int64", "i"),
        ("b", "int64", "b"),
        ("l", "list<int64>", "l"),
        ("f", "float64", None),
    ]
    assert layout.rows == {"i": 7, "b": None, "l": None}
    assert layout.ignored == ("s",)
    assert resolve(spec(), schema, 9).rows == {"i": 9, "b": 9, "l": 9}


def test_the_feature_step_says_it_better() -> None:
    schema = pa.schema(
        [
            field("label", pa.int64()),
            field("raw", pa.int64()),
            field("key", pa.int64(), role="key"),
            field("item", pa.int64(), role="categorical", cardinality="40", table="items"),
            field("seen", pa.list_(pa.int64()), **{"mlp.role": '"categorical"', "mlp.cardinality": "60", "mlp.table": '"items"'}),
            field("age", pa.int64(), role="dense"),
        ]
    )
    layout = resolve(spec(), schema, 1000)
    assert [f.name for f in layout.features] == ["key", "item", "seen", "age"]
    assert layout.features[3].type == "float64"
    assert (layout.rows, layout.growing) == ({"key": None, "items": 60}, {"key"})
    chosen = resolve(spec(columns=["age", "raw"]), schema, None)
    assert [f.name for f in chosen.features] == ["raw", "age"]


def test_ids_outside_and_missing_values(make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = train(make_spec(params={"cardinality": {"a": 4}}, epochs=1))
    assert '"outside":{"a":' in capsys.readouterr().out
    loaded = bundle.load(done["bundle"])
    assert {table.name: table.rows for table in loaded.info.tables} == {"a": 4, "b": 6, "tags": 10}
    rows = planted(100, 1)
    loaded.score_features(rows)
    assert loaded.outside["a"] == int((rows["a"].to_numpy() >= 4).sum())


def test_days_come_from_partitions_and_paths() -> None:
    assert day_of("file:///w/t/dt=2000-11-20/part-0.parquet") == "2000-11-20"
    assert day_of("dt=2000-11-20") == "2000-11-20"
    assert day_of("dt=none") is None
    assert day_of("file:///w/part-0.parquet") is None


def test_hidden_files_and_folders_are_no_data(tmp_path: Path) -> None:
    for name in ("part.parquet", "_tmp.parquet", ".part.parquet", "_work/part.parquet", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pq.write_table(planted(10, 1), tmp_path / name)
    source = open_sources([str(tmp_path)], "train")
    assert [file.rpartition("/")[2] for part in source.parts for file in part.files] == ["part.parquet"]


def raw_rows(rows: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    genres = ["action|drama", "drama", "comedy|action|war|noir", "", "war"]
    label = rng.integers(0, 2, rows)
    return pa.table(
        {
            "user": pa.array([f"u{n}" for n in rng.integers(0, 30, rows)]),
            "item": pa.array(rng.integers(0, 9, rows)),
            "genres": pa.array([genres[n] for n in rng.integers(0, 5, rows)]),
            "price": pa.array(rng.random(rows) * 6),
            "label": pa.array(label),
        }
    )


def feature_table(root: Path, day: str, plan: feature_dsl.Plan, rows: pa.Table) -> Artifact:
    joined = Identity(operation="join", version=1, partition=f"dt={day}")
    with publish(kind="table", step="join", root=str(root), identity=joined) as source:
        source.write_table(rows)
    features = plan.run(rows)
    table = pa.Table.from_arrays([*rows.columns, *features.columns], schema=pa.schema([*rows.schema, *features.schema]))
    inputs = (Input(name="input", uri=source.uri, digest=source.artifact.digest),)
    identity = Identity(operation="features", version=1, partition=f"dt={day}", params={"plan": plan.fingerprint}, inputs=inputs)
    with publish(kind="table", step="features", root=str(root), identity=identity) as attempt:
        attempt.write_table(table)
        attempt.plan = plan.to_json()
    return attempt.artifact


def reference(root: Path, tables: dict[str, Artifact]) -> str:
    identity = Identity(operation="sample", version=1, partition="dt=2000-11-20", params={"days": sorted(tables)})
    with publish(kind="reference", step="sample", root=str(root), identity=identity) as attempt:
        attempt.add_entries(
            Entry(partition=f"dt={day}", uri=table.uri, digest=table.digest, rows=table.rows) for day, table in tables.items()
        )
    return attempt.artifact.uri


def test_raw_columns_score_like_the_features_they_were_trained_on(tmp_path: Path) -> None:
    plan = feature_dsl.load(SCRIPT).compile()
    days = {f"2000-11-{day}": feature_table(tmp_path, f"2000-11-{day}", plan, raw_rows(300, day)) for day in (17, 18, 19)}
    last = days.pop("2000-11-19")
    training = spec(algorithm="deepfm", train=[reference(tmp_path, days)], validation=[last.uri], group="user", output=str(tmp_path / "b"))
    loaded = bundle.load(train(training)["bundle"])
    assert loaded.plan is not None and loaded.plan.fingerprint == plan.fingerprint
    assert loaded.inputs == {"user": "utf8", "genres": "utf8", "price": "float64"}
    assert [feature.name for feature in loaded.info.features] == ["uid", "price_bucket", "genre"]
    assert {table.name: table.rows for table in loaded.info.tables} == {"uid": 500, "genre": 50, "price_bucket": 4}
    assert (loaded.info.data.start, loaded.info.data.end) == ("2000-11-17", "2000-11-19")
    new = raw_rows(50, 1)
    assert loaded.score_raw(new).tolist() == loaded.score_features(plan.run(new)).tolist()
    for columns, entry in ((new, "raw"), (plan.run(new), "feature")):
        scored = Scored(loaded, Source((), columns.schema, None))
        assert scored.entry == entry and scored.score(columns.to_batches()[0]).tolist() == loaded.score_raw(new).tolist()
    assert Scored(loaded, open_sources([last.uri], "data")).entry == "feature"
    rows = loaded.check_rows()
    assert rows.raw is not None and rows.raw.num_rows == rows.features.num_rows == 100
    loaded.check()


def test_tables_of_different_plans_do_not_mix(tmp_path: Path) -> None:
    one, other = (feature_dsl.load(text).compile() for text in (SCRIPT, SCRIPT.replace("5.0", "6.0")))
    days = {
        "2000-11-17": feature_table(tmp_path, "2000-11-17", one, raw_rows(50, 1)),
        "2000-11-18": feature_table(tmp_path, "2000-11-18", other, raw_rows(50, 2)),
    }
    with pytest.raises(TrainError, match="have different feature plans"):
        open_sources([reference(tmp_path, days)], "train")
    with pytest.raises(TrainError, match="lists no partition"):
        open_sources([reference(tmp_path, {})], "train")
