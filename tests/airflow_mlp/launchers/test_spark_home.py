"""The SPARK_HOME of a home: one for all homes that share a cache, since an archive of classes fits its jars by their path."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_mlp.launchers.spark_home import CLASS_ARCHIVE, class_archive_options, installed_spark, spark_home


def spark_of(home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The SPARK_HOME of a home whose cache is a link."""
    home.mkdir()
    cache.mkdir(exist_ok=True)
    (home / "cache").symlink_to(cache)
    monkeypatch.setenv("MLP_HOME", str(home))
    return spark_home()


def test_homes_with_one_cache_have_one_path_to_the_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = spark_of(tmp_path / "one", tmp_path / "shared", monkeypatch)
    (one / CLASS_ARCHIVE).touch()
    assert spark_of(tmp_path / "two", tmp_path / "shared", monkeypatch) == one
    assert f"-XX:SharedArchiveFile={one / CLASS_ARCHIVE}" in class_archive_options()
    assert (one / "jars").resolve() == installed_spark() / "jars"


def test_an_archive_is_not_taken_for_jars_at_another_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spark_of(tmp_path / "one", tmp_path / "old", monkeypatch)
    (before / CLASS_ARCHIVE).touch()
    (tmp_path / "old").rename(tmp_path / "new")
    moved = spark_of(tmp_path / "two", tmp_path / "new", monkeypatch)
    assert moved.name != before.name
    assert class_archive_options() == ""
