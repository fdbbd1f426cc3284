"""One spelling of URIs, and files that are made whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlp_core.artifacts import ArtifactError, storage


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("/a/b", "file:///a/b"),
        ("/a/b c/", "file:///a/b%20c"),
        ("file:/a/b/", "file:///a/b"),
        ("hdfs://host:9000/a/", "hdfs://host:9000/a"),
        ("s3://bucket/a", "s3://bucket/a"),
    ],
)
def test_uris_have_one_spelling(given: str, spelled: str) -> None:
    assert storage.normalise(given) == spelled
    assert storage.normalise(spelled) == spelled


def test_a_relative_path_is_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert storage.normalise("x") == (tmp_path / "x").as_uri()


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(ArtifactError, match="unknown scheme 'ftp'"):
        storage.normalise("ftp://host/x")


def test_spark_spells_s3_its_own_way() -> None:
    assert storage.spark_uri("s3://bucket/a") == "s3a://bucket/a"
    assert storage.spark_uri("hdfs://h:1/a") == "hdfs://h:1/a"


def test_a_file_is_created_once(root: str) -> None:
    uri = storage.join(root, "a", "b.json")
    storage.create(uri, b"one")
    with pytest.raises(FileExistsError):
        storage.create(uri, b"two")
    assert storage.read_bytes(uri) == b"one"
    assert storage.list_files(root) == {"a/b.json": 3}
    assert storage.list_folders(root) == ["a"]


def test_of_many_creators_one_wins(root: str) -> None:
    uri = storage.join(root, "race.json")

    def create(n: int) -> bool:
        try:
            storage.create(uri, str(n).encode())
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(8)))
    assert won.count(True) == 1
    assert storage.read_bytes(uri) == str(won.index(True)).encode()


def test_a_folder_that_is_not_there_is_empty(root: str) -> None:
    assert storage.list_files(storage.join(root, "none")) == {}
    assert storage.list_folders(storage.join(root, "none")) == []
