"""One real request to the model that serves: which films would this person like best?"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from airflow_mlp.demo.data import warehouse_folder
from airflow_mlp.triton.client import TritonClient

_BEST = 10


def ask(client: TritonClient, name: str, version: int, date: str) -> dict[str, Any]:
    """Score every item that the day's most active user has not rated yet; returns the `serving` part of the report."""
    folder = warehouse_folder()
    day = pq.ParquetFile(folder / "behaviour" / f"dt={date}" / "part-00000.parquet").read()
    counts = sorted(pc.value_counts(day["user_id"]).to_pylist(), key=lambda item: (-item["counts"], item["values"]))
    user = counts[0]["values"]
    rows = candidates(user, date)
    scores = pa.array(client.infer(name, rows))
    best = pc.sort_indices(scores, sort_keys=[("", "descending")]).slice(0, _BEST)
    titles = rows["title"].take(best).to_pylist()
    return {
        "model": name,
        "version": str(version),
        "request": {"user_id": user, "items": rows.num_rows},
        "top": [{"title": title, "score": round(score, 6)} for title, score in zip(titles, scores.take(best).to_pylist(), strict=True)],
    }


def candidates(user: str, date: str) -> pa.Table:
    """The raw columns of the model for `user` on a day and each item that the user has never rated, one row per item."""
    folder = warehouse_folder()
    profile = pq.read_table(folder / "user_profile", filters=[("user_id", "=", user)]).to_pylist()[0]
    rated = pq.read_table(folder / "behaviour", columns=["item_id"], filters=[("user_id", "=", user)], partitioning=None)["item_id"]
    items = pq.read_table(folder / "item_profile")
    items = items.filter(pc.invert(pc.is_in(items["item_id"], value_set=pc.unique(rated))))
    statistics = pq.ParquetFile(folder / "item_statistics" / f"dt={date}" / "part-00000.parquet").read()
    items = items.join(statistics, "item_id").sort_by("item_id")
    for column, value in profile.items():
        items = items.append_column(column, pa.array([value] * items.num_rows))
    return items
