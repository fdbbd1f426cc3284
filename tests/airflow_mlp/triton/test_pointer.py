from __future__ import annotations

from pathlib import Path

import pytest

from airflow_mlp.triton.errors import DeployError
from airflow_mlp.triton.pointer import Pointer, Release, read_pointer, write_pointer


def release(version: int, data_end: str | None = None) -> Release:
    return Release(version=version, bundle=f"file:///b{version}", digest=f"d{version}", data_end=data_end)


def deployed(*releases: Release) -> Pointer:
    pointer = Pointer(name="ctr")
    for each in releases:
        pointer = pointer.moved(each, "deployed")
    return pointer


def test_a_new_model_has_no_champion(tmp_path: Path) -> None:
    pointer = read_pointer(tmp_path / "ctr")
    assert (pointer.name, pointer.champion, pointer.champion_before("2000-11-20")) == ("ctr", None, None)


def test_the_file_holds_what_was_written(tmp_path: Path) -> None:
    pointer = deployed(release(1, "2000-11-19"), release(2, "2000-11-20")).numbered({1: "d1", 2: "d2"})
    write_pointer(tmp_path, pointer)
    assert read_pointer(tmp_path.parent / tmp_path.name).history == pointer.history
    assert read_pointer(tmp_path).numbers == {1: "d1", 2: "d2"}
    assert [path.name for path in tmp_path.iterdir()] == ["champion.json"]


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "champion.json").write_text('{"name": "ctr", "history": [')
    with pytest.raises(DeployError, match=r"cannot be read .*: restore it, or remove it"):
        read_pointer(tmp_path)


@pytest.mark.parametrize(("data_end", "version"), [("2000-11-19", None), ("2000-11-20", 1), ("2000-11-21", 2), ("2000-12-31", 2)])
def test_the_champion_before_a_day_does_not_depend_on_what_came_after(data_end: str, version: int | None) -> None:
    pointer = deployed(release(1, "2000-11-19"), release(2, "2000-11-20"))
    found = pointer.champion_before(data_end)
    assert (found.version if found else None) == version
    later = pointer.moved(release(3, "2001-01-01"), "deployed").champion_before(data_end)
    assert later == found


def test_a_bundle_without_days_is_before_nothing() -> None:
    assert deployed(release(1, None)).champion_before("2000-11-20") is None


def test_rolling_back_twice_goes_further_back() -> None:
    pointer = deployed(release(1), release(2), release(3))
    assert pointer.previous().version == 2
    pointer = pointer.moved(pointer.previous(), "rolled back")
    assert pointer.previous().version == 1
    pointer = pointer.moved(pointer.previous(), "rolled back")
    with pytest.raises(DeployError, match="'ctr' has no champion before this one"):
        pointer.previous()
    assert pointer.moved(release(4), "deployed").previous().version == 1


def test_rolling_back_to_a_version_that_never_served_has_the_rest_behind_it() -> None:
    pointer = deployed(release(1), release(2)).moved(release(3), "rolled back")
    assert pointer.champion == release(3)


def test_a_number_holds_one_digest_for_good() -> None:
    pointer = Pointer(name="ctr").numbered({1: "d1"})
    assert pointer.numbered({2: "d2"}).numbers == {1: "d1", 2: "d2"}
    with pytest.raises(DeployError, match="version 1 of 'ctr' holds another bundle than it was published with"):
        pointer.numbered({1: "other"})
