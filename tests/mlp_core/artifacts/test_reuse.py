"""The same thing is not made twice, unless somebody asks for that."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from msgspec.structs import replace

from mlp_core.artifacts import Artifact, ArtifactError, Identity, Maker, begin, find, prune, publish, storage, walk

ROWS = pa.table({"n": [1, 2]})
IDENTITY = Identity(operation="test", version=1, partition="dt=2000-11-20")
FIRST = Maker(dag_id="d", run_id="one", task_id="t", try_number=1)
OTHER = Maker(dag_id="d", run_id="two", task_id="t", try_number=1)


def make(root: str, maker: Maker = FIRST) -> Artifact:
    with publish(kind="table", step="step", root=root, identity=IDENTITY, maker=maker) as attempt:
        attempt.write_table(ROWS)
    return attempt.artifact


def test_nothing_is_found_where_nothing_is(root: str) -> None:
    assert find(root, "step", IDENTITY) is None


def test_what_another_run_has_made_is_taken(root: str) -> None:
    made = make(root)
    found = find(root, "step", IDENTITY, cleared=OTHER)
    assert found is not None and found.uri == made.uri


def test_what_a_failed_try_has_made_is_taken(root: str) -> None:
    assert find(root, "step", IDENTITY) is None
    make(root)
    assert find(root, "step", IDENTITY, cleared=None) is not None


def test_a_cleared_task_computes_anew(root: str) -> None:
    make(root)
    assert find(root, "step", IDENTITY, cleared=FIRST) is None
    assert find(root, "step", IDENTITY, cleared=FIRST, reuse="always") is not None


def test_what_a_try_after_the_clear_has_made_is_taken(root: str) -> None:
    make(root)
    later = make(root, replace(FIRST, try_number=2))
    make(root, replace(FIRST, try_number=1))
    found = find(root, "step", IDENTITY, cleared=FIRST)
    assert found is not None and found.uri == later.uri


def test_never_takes_nothing(root: str) -> None:
    make(root)
    assert find(root, "step", IDENTITY, reuse="never") is None


def test_an_unknown_word_is_refused(root: str) -> None:
    with pytest.raises(ArtifactError, match="'auto', 'always' or 'never'"):
        find(root, "step", IDENTITY, reuse="sometimes")  # type: ignore[arg-type]


def test_the_newest_attempt_is_taken(root: str) -> None:
    make(root)
    newest = make(root, OTHER)
    found = find(root, "step", IDENTITY)
    assert found is not None and found.uri == newest.uri


def test_an_attempt_that_lost_a_file_is_not_taken(root: str) -> None:
    made = make(root)
    fs, path = storage.filesystem(made.files[0])
    fs.rm(path)
    assert find(root, "step", IDENTITY) is None


def test_prune_removes_what_killed_writers_left(root: str) -> None:
    made = make(root)
    left = begin(kind="table", step="step", root=root, identity=IDENTITY)
    left.write_table(ROWS)
    assert prune(root, older_than=dt.timedelta(hours=1)) == []  # it may still be written
    assert prune(root, older_than=dt.timedelta(seconds=-5)) == [left.uri]
    assert [uri for uri, _ in walk(root)] == [made.uri]
    made.verify()
