"""Partition filters in both spellings, and folders that a reference lists."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mlp_core.artifacts.folders import data_files, folder_entry
from mlp_core.artifacts.partitions import PartitionError, PartitionRange, PartitionSelect, parse_filter

DAY = dt.date(2000, 3, 1)


def names(document: Any) -> list[str]:
    return list(parse_filter(document).names(DAY))


def test_a_range_of_days_around_the_run() -> None:
    document = {"partitionColumn": "dt", "valType": "range", "start": -2, "end": 0}
    assert names(document) == ["dt=2000-02-28", "dt=2000-02-29", "dt=2000-03-01"]
    assert names(json.dumps(document)) == names(document)
    assert names(PartitionRange(start=-2, end=0)) == names(document)


def test_a_range_takes_dates_and_what_templates_make_of_numbers() -> None:
    assert names({"valType": "range", "start": "2000-02-28", "end": "-2"}) == ["dt=2000-02-28"]
    assert names({"valType": "range", "start": dt.date(2000, 3, 1), "end": dt.datetime(2000, 3, 1, 5)}) == ["dt=2000-03-01"]


def test_ninety_days_before_the_run_and_its_own() -> None:
    assert len(names(PartitionRange(start=-90, end=0))) == 91


def test_selected_partitions_are_sorted_and_stand_once() -> None:
    document = {"partitionColumn": "dt", "valType": "select", "values": ["2000-03-01", 0, -1]}
    assert names(document) == ["dt=2000-02-29", "dt=2000-03-01"]
    assert names({"partitionColumn": "city", "valType": "select", "values": ["oslo", "bergen"]}) == ["city=bergen", "city=oslo"]


@pytest.mark.parametrize("filter_", [PartitionRange(start=-1, end="2000-03-01", column="day"), PartitionSelect(values=(-1, "2000-03-01"))])
def test_the_json_form_reads_back(filter_: PartitionRange | PartitionSelect) -> None:
    assert parse_filter(json.loads(json.dumps(filter_.to_json()))) == filter_


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "is not JSON"),
        ([1], "write an object with partitionColumn"),
        ({"valType": "between"}, "valType of the partition filter is 'between': write \"range\""),
        ({"valType": "range", "start": 0}, "has no 'end'"),
        ({"valType": "range", "start": 0, "end": 0, "values": []}, "does not know 'values'"),
        ({"valType": "range", "start": None, "end": 0}, "start of the partition filter is None"),
        ({"valType": "range", "start": True, "end": 0}, "start of the partition filter is True"),
        ({"valType": "range", "start": "20000301", "end": 0}, "start of the partition filter is '20000301': write a day as"),
        ({"valType": "range", "start": "2000-02-30", "end": 0}, "start of the partition filter is '2000-02-30'"),
        ({"valType": "range", "start": 1, "end": 0}, "starts on 2000-03-02 and ends before, on 2000-03-01"),
        ({"valType": "range", "start": -999999, "end": 0}, "no day lies that far from 2000-03-01"),
        ({"valType": "range", "start": -99999, "end": 0}, "has 100000 days, more than 10000"),
        ({"valType": "select", "values": "2000-03-01"}, "write a list of days"),
        ({"valType": "select", "values": []}, "name at least one partition"),
        ({"partitionColumn": "a b", "valType": "range", "start": 0, "end": 0}, "partitionColumn of the partition filter is 'a b'"),
        ({"partitionColumn": "city", "valType": "select", "values": ["../etc"]}, "has '../etc'"),
    ],
)
def test_a_wrong_filter_gets_one_sentence(document: Any, sentence: str) -> None:
    with pytest.raises(PartitionError) as error:
        names(document)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_only_data_files_count(tmp_path: Path) -> None:
    folder = tmp_path / "t" / "dt=2000-03-01"
    for name in ("part-1.parquet", "part-0.parquet", "_SUCCESS", ".part-0.parquet.crc", "_temporary/0/part-9.parquet"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")
    files = data_files(str(folder))
    assert [file.uri for file in files] == [f"{folder.as_uri().replace('%3D', '=')}/part-{index}.parquet" for index in (0, 1)]
    assert {file.bytes for file in files} == {5}


def test_the_digest_follows_paths_sizes_and_times(tmp_path: Path) -> None:
    file = tmp_path / "dt=2000-03-01" / "a.parquet"
    file.parent.mkdir()
    file.write_bytes(b"1")
    os.utime(file, (1, 1))
    digests = []
    for change in (lambda: None, lambda: os.utime(file, (2, 2)), lambda: file.write_bytes(b"22"), lambda: os.utime(file, (2, 2))):
        change()
        entry = folder_entry("dt=2000-03-01", str(file.parent))
        assert entry is not None
        digests.append(entry.digest)
    assert len(set(digests)) == 4
    os.utime(file, (2, 2))
    again = folder_entry("dt=2000-03-01", str(file.parent))
    assert again is not None
    assert again.digest == digests[-1]


def test_a_folder_without_data_is_no_partition(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").write_bytes(b"")
    assert folder_entry("dt=2000-03-01", str(tmp_path)) is None
    assert folder_entry("dt=2000-03-01", str(tmp_path / "none")) is None
