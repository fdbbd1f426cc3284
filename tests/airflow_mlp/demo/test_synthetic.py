"""The synthetic input: the shape of MovieLens-1M, the same in every run, and with something to learn."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from airflow_mlp.demo import synthetic
from airflow_mlp.demo.tables import BEHAVIOUR, ITEM_PROFILE, USER_PROFILE
from mlp_core import metrics


def test_tables_have_the_shape_of_the_real_ones() -> None:
    made = synthetic.make(users=50, items=40, rows_per_day=20)
    assert made.behaviour.schema.equals(BEHAVIOUR)
    assert made.user_profile.schema.equals(USER_PROFILE)
    assert made.item_profile.schema.equals(ITEM_PROFILE)
    assert (made.user_profile.num_rows, made.item_profile.num_rows) == (50, 40)
    days = [(date, rows.num_rows) for date, _, rows in made.days()]
    assert days[0] == ("2000-08-01", 20)
    assert days[-1] == ("2000-11-30", 20)
    assert len(days) == 122
    for keys, table in (("user_id", made.user_profile), ("item_id", made.item_profile)):
        assert pc.all(pc.is_in(made.behaviour[keys], value_set=table[keys].combine_chunks())).as_py()
        assert table[keys].null_count == 0


def test_the_same_seed_gives_the_same_tables() -> None:
    small = {"users": 50, "items": 40, "rows_per_day": 20}
    assert synthetic.make(**small) == synthetic.make(**small)
    assert synthetic.make(**small) != synthetic.make(**small, seed=8)


def test_ratings_hold_every_value_and_both_labels() -> None:
    ratings = synthetic.make()
    share = np.bincount(ratings.behaviour["rating"].to_numpy(), minlength=6)[1:] / ratings.behaviour.num_rows
    assert share.min() > 0.03
    assert 0.3 < share[3:].sum() / (1 - share[2]) < 0.7


def test_the_past_says_something_of_the_future() -> None:
    # The mean rating of an item before a day ranks that item's later ratings better than chance.
    behaviour = synthetic.make().behaviour
    past, future = behaviour.slice(0, behaviour.num_rows * 3 // 4), behaviour.slice(behaviour.num_rows * 3 // 4)
    means = dict(
        zip(*past.group_by("item_id").aggregate([("rating", "mean")]).select(["item_id", "rating_mean"]).to_pydict().values(), strict=True)
    )
    scores = [means.get(item, 3.0) for item in future["item_id"].to_pylist()]
    assert metrics.auc(future["rating"].to_numpy() >= 4, scores) > 0.58
