"""An artifact is there whole or not at all, never changes, and says what it is."""

from __future__ import annotations

import json
import subprocess
import sys

import pyarrow as pa
import pytest

from mlp_core.artifacts import Artifact, ArtifactError, Entry, Identity, Input, Maker, begin, publish, resume, storage, write_part
from mlp_core.artifacts.folders import folder_entry
from mlp_core.artifacts.manifest import MANIFEST

ROWS = pa.table({"user": ["a", "b", None], "n": [1, 2, 3], "tags": [["x"], [], ["y", "z"]]})


def identity(**changes: object) -> Identity:
    fields: dict[str, object] = {"operation": "test", "version": 1, "partition": "dt=2000-11-20"}
    return Identity(**{**fields, **changes})  # type: ignore[arg-type]


def make(root: str, rows: pa.Table = ROWS, **changes: object) -> Artifact:
    with publish(kind="table", step="step", root=root, identity=identity(**changes)) as attempt:
        attempt.write_table(rows)
    return attempt.artifact


def test_a_table_is_read_as_it_was_written(root: str) -> None:
    artifact = Artifact.load(make(root).uri)
    assert artifact.to_arrow().equals(ROWS)
    assert artifact.rows == 3
    assert artifact.schema == ROWS.schema
    assert artifact.head(2).equals(ROWS.slice(0, 2))
    assert [batch.schema.names for batch in artifact.batches(columns=["n"])] == [["n"]]
    artifact.verify()


def test_columns_may_be_chosen(root: str) -> None:
    assert make(root).to_arrow(["n", "user"]).equals(ROWS.select(["n", "user"]))


def test_without_a_manifest_there_is_no_artifact(root: str) -> None:
    attempt = begin(kind="table", step="step", root=root, identity=identity())
    attempt.write_table(ROWS)
    with pytest.raises(ArtifactError, match="no published artifact"):
        Artifact.load(attempt.uri)


def test_an_exception_leaves_no_manifest(root: str) -> None:
    with pytest.raises(RuntimeError), publish(kind="table", step="step", root=root, identity=identity()) as attempt:
        attempt.write_table(ROWS)
        raise RuntimeError("killed")
    with pytest.raises(ArtifactError):
        Artifact.load(attempt.uri)


def test_a_published_attempt_never_changes(root: str) -> None:
    artifact = make(root)
    with pytest.raises(ArtifactError, match="never changes"), resume(artifact.uri) as attempt:
        attempt.write_table(ROWS.slice(0, 1))
    assert Artifact.load(artifact.uri).rows == 3


def test_the_beginning_of_a_manifest_is_none(tmp_path: object, root: str) -> None:
    artifact = make(root)
    text = storage.read_bytes(storage.join(artifact.uri, MANIFEST))
    for length in (0, 1, len(text) // 2, len(text) - 2):
        place = storage.join(root, f"cut-{length}")
        storage.create(storage.join(place, MANIFEST), text[:length])
        with pytest.raises(ArtifactError, match="no published artifact"):
            Artifact.load(place)


def test_another_process_publishes_what_an_operator_began(root: str) -> None:
    maker = Maker(dag_id="d", run_id="r", task_id="t", try_number=1)
    attempt = begin(kind="table", step="step", root=root, identity=identity(), maker=maker)
    program = (
        "import sys, pyarrow as pa\n"
        "from mlp_core.artifacts import resume\n"
        "with resume(sys.argv[1]) as attempt:\n"
        "    attempt.write_table(pa.table({'n': [1]}))\n"
    )
    subprocess.run([sys.executable, "-c", program, attempt.uri], check=True)
    artifact = Artifact.load(attempt.uri)
    assert artifact.manifest.maker == maker
    assert artifact.id == identity().id


def test_parts_of_other_processes_are_taken(root: str) -> None:
    attempt = begin(kind="table", step="step", root=root, identity=identity())
    halves = [ROWS.slice(0, 1), ROWS.slice(1)]
    parts = [write_part(attempt.uri, f"part-{n:05d}-a.parquet", ROWS.schema, half.to_batches()) for n, half in enumerate(halves)]
    write_part(attempt.uri, "part-00000-b.parquet", ROWS.schema, ROWS.to_batches())  # of a task that was tried twice
    attempt.add_parts(parts, ROWS.schema)
    artifact = attempt.publish()
    assert artifact.to_arrow().equals(ROWS)
    assert artifact.digest == make(root).digest


def test_a_damaged_file_is_found(root: str) -> None:
    artifact = make(root)
    fs, path = storage.filesystem(artifact.files[0])
    content = storage.read_bytes(artifact.files[0])
    fs.rm(path)
    with fs.open(path, "wb") as sink:
        sink.write(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    with pytest.raises(ArtifactError, match=r"part-00000\.parquet .* is damaged"):
        artifact.verify()


def test_a_reference_lists_its_partitions_in_order(root: str) -> None:
    days = {f"dt=2000-11-{day}": make(root, partition=f"dt=2000-11-{day}") for day in (21, 20)}
    with publish(kind="reference", step="list", root=root, identity=identity()) as attempt:
        attempt.add_entries(Entry(partition=day, uri=a.uri, digest=a.digest, rows=a.rows) for day, a in days.items())
    artifact = Artifact.load(attempt.uri)
    assert [entry.partition for entry in artifact.entries] == ["dt=2000-11-20", "dt=2000-11-21"]
    assert artifact.rows == 6
    assert artifact.to_arrow().equals(pa.concat_tables([ROWS, ROWS]))
    artifact.verify()


def test_an_artifact_is_copied_to_this_machine_once(root: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("MLP_HOME", str(tmp_path))
    artifact = make(root)
    folder = artifact.local()
    assert (folder / "part-00000.parquet").read_bytes() == storage.read_bytes(artifact.files[0])
    assert json.loads((folder / MANIFEST).read_bytes())["id"] == artifact.id
    assert artifact.local() == folder


@pytest.mark.parametrize("name", ["../x", "/x", "_x", ".x", "a/../../x"])
def test_a_file_cannot_leave_its_attempt(root: str, name: str) -> None:
    attempt = begin(kind="model", step="step", root=root, identity=identity())
    with pytest.raises(ArtifactError):
        attempt.write_bytes(name, b"")


def test_the_id_is_over_all_that_matters_and_nothing_else() -> None:
    one = identity(params={"a": 1, "b": 2}, inputs=(Input(name="t1", uri="file:///x", digest="d"),))
    same = identity(params={"b": 2, "a": 1}, inputs=(Input(name="t1", uri="hdfs://elsewhere/x", digest="d"),))
    assert one.id == same.id
    others = [
        identity(params={"a": 1}),
        identity(version=2),
        identity(code="c"),
        identity(partition="dt=2000-11-21"),
        identity(params={"a": 1, "b": 2}, inputs=(Input(name="t1", uri="file:///x", digest="e"),)),
    ]
    assert len({one.id, *(other.id for other in others)}) == 6


def reference(root: str, entry: Entry) -> Artifact:
    with publish(kind="reference", step="list", root=root, identity=identity(params={"entry": entry.digest})) as attempt:
        attempt.add_entries([entry])
    return attempt.artifact


def test_a_reference_tells_that_a_folder_has_changed(root: str) -> None:
    folder = storage.join(root, "warehouse", "dt=2000-11-20")
    storage.create(storage.join(folder, "0.parquet"), b"one")
    entry = folder_entry("dt=2000-11-20", folder)
    assert entry is not None
    listed = reference(root, entry)
    listed.verify()
    storage.create(storage.join(folder, "1.parquet"), b"two")
    with pytest.raises(ArtifactError, match=r"the partition dt=2000-11-20 of .*/list/.* has changed since: .*/warehouse/dt=2000-11-20 "):
        listed.verify()


def test_a_reference_tells_that_another_artifact_is_there(root: str) -> None:
    with publish(kind="report", step="report", root=root, identity=identity()) as attempt:
        attempt.write_json("report.json", {})
    entry = Entry(partition="dt=2000-11-20", uri=attempt.uri, digest=attempt.artifact.digest, rows=0)
    reference(root, entry).verify()
    with pytest.raises(ArtifactError, match=r"the partition dt=2000-11-20 of .* has changed since"):
        reference(root, Entry(partition="dt=2000-11-20", uri=attempt.uri, digest="0" * 64, rows=0)).verify()
