"""Finding the raw rows behind features."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from mlp_core.artifacts import Artifact, Entry, Identity, Input, publish
from mlp_core.artifacts.lineage import partition_uris, raw_ancestor


def table(root: Path, name: str, columns: list[str], source: Artifact | None = None, plan: str | None = None) -> Artifact:
    """A table of step `name` that was made of `source`."""
    inputs = () if source is None else (Input(name="input", uri=source.uri, digest=source.digest),)
    identity = Identity(operation=name, version=1, partition="dt=2000-11-20", inputs=inputs)
    with publish(kind="table", step=name, root=root.as_uri(), identity=identity) as attempt:
        attempt.plan = plan
        attempt.write_table(pa.table({column: [1] for column in columns}))
    return attempt.artifact


def test_the_nearest_table_with_the_columns_is_taken(tmp_path: Path) -> None:
    sql = table(tmp_path, "xql", ["a", "b"])
    joined = table(tmp_path, "join", ["a", "b", "c"], sql)
    features = table(tmp_path, "feature", ["a", "f"], joined, plan="{}")
    sample = table(tmp_path, "sample", ["a", "f"], features, plan="{}")
    for columns, expected in ((["a"], joined), (["c", "a"], joined), (["b"], joined)):
        found = raw_ancestor(sample.uri, columns)
        assert found is not None and found.uri == expected.uri
    assert raw_ancestor(sample.uri, ["nowhere"]) is None


def test_what_was_removed_ends_the_search(tmp_path: Path) -> None:
    joined = table(tmp_path, "join", ["a"])
    features = table(tmp_path, "feature", ["f"], joined, plan="{}")
    shutil.rmtree(urlsplit(joined.uri).path)
    assert raw_ancestor(features.uri, ["a"]) is None


def test_a_reference_stands_for_its_partitions(tmp_path: Path) -> None:
    one = table(tmp_path, "join", ["a"])
    with publish(kind="reference", step="list", root=tmp_path.as_uri(), identity=one.manifest.identity) as attempt:
        attempt.add_entries([Entry(partition="dt=2000-11-20", uri=one.uri, digest=one.digest, rows=1)])
    assert partition_uris([attempt.uri, one.uri]) == [one.uri, one.uri]
