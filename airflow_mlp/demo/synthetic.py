"""A made-up input of the same shape as MovieLens-1M, for machines that cannot reach a package index.

Tastes are planted: users and items have hidden vectors, groups of users lean to genres, so that a model has something
to find and a temporal split is meaningful.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from airflow_mlp.demo.tables import BEHAVIOUR, DAY, ITEM_PROFILE, USER_PROFILE, Tables

GENRES = ("Action", "Adventure", "Animation", "Comedy", "Crime", "Drama", "Fantasy", "Romance", "Thriller", "War")
AGES = (1, 18, 25, 35, 45, 50, 56)
FIRST, LAST = dt.date(2000, 8, 1), dt.date(2000, 11, 30)
_TASTES = 4


def make(*, users: int = 1500, items: int = 600, rows_per_day: int = 1600, seed: int = 7) -> Tables:
    """Tables with `rows_per_day` ratings for each day from FIRST to LAST. The same arguments give the same tables."""
    random = np.random.default_rng(seed)
    days = (LAST - FIRST).days + 1
    count = days * rows_per_day
    user, item = random.integers(users, size=count), (items * random.beta(1.0, 2.5, size=count)).astype(np.int64)
    user_taste, item_taste = random.normal(size=(users, _TASTES)), random.normal(size=(items, _TASTES))
    genre = random.integers(len(GENRES), size=(items, 2))
    gender, age = random.integers(2, size=users), random.integers(len(AGES), size=users)
    leaning = random.normal(size=(2, len(AGES), len(GENRES)))
    liking = (
        0.6 * np.einsum("ij,ij->i", user_taste[user], item_taste[item])
        + 0.9 * leaning[gender[user], age[user], genre[item, 0]]
        + random.normal(scale=0.7, size=items)[item]
        + random.normal(scale=0.5, size=count)
    )
    rating = np.digitize(liking, [-1.5, -0.7, -0.1, 0.9]) + 1
    midnight = int(dt.datetime.combine(FIRST, dt.time(), dt.UTC).timestamp())
    time = midnight + np.repeat(np.arange(days), rows_per_day) * DAY + random.integers(DAY, size=count)

    user_names, item_names = [f"u{n}" for n in range(users)], [f"Film {n}" for n in range(items)]
    genres = ["|".join(dict.fromkeys(GENRES[g] for g in pair)) for pair in genre]
    return Tables(
        behaviour=pa.table(
            [pa.array(user_names).take(pa.array(user)), pa.array(item_names).take(pa.array(item)), rating, time], schema=BEHAVIOUR
        ),
        user_profile=pa.table(
            [
                user_names,
                pa.array(["F", "M"]).take(pa.array(gender)),
                pa.array(AGES, pa.int64()).take(pa.array(age)),
                random.integers(21, size=users),
                [f"{z:05d}" for z in random.integers(100_000, size=users)],
            ],
            schema=USER_PROFILE,
        ),
        item_profile=pa.table(
            [item_names, item_names, random.integers(1930, 2001, size=items), genres], schema=ITEM_PROFILE
        ),
    )
