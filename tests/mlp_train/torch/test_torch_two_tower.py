"""Two towers: retrieval, popularity, probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch.nn import functional

from mlp_core.metrics import auc
from mlp_train.torch.base import Targets

from .planted import Rows, visits
from .rig import Rig


def vectors(rig: Rig, rows: Rows, side: int) -> npt.NDArray[np.float32]:
    batch = rows.take(np.arange(rows.count))
    inputs = rig.inputs(rig.tables.look_up(batch, learn=False).inputs, batch)
    rig.learner.network.eval()
    with torch.no_grad():
        found = rig.learner.network({name: torch.from_numpy(values) for name, values in inputs.items()})
    return np.asarray(found[side].numpy())


def recall(rig: Rig, train: Rows, held_out: Rows, items: int, among: int) -> float:
    """The share of held-out visits whose item is among the user's nearest ones that training has not seen him meet."""
    every = Rows(train.shape, {"user": np.zeros(items, np.int64), "item": np.arange(items)}, np.ones((items, 1), np.float32))
    scores = vectors(rig, held_out, 0) @ vectors(rig, every, 1).T
    met: dict[int, list[int]] = {}
    for user, item in zip(train.columns["user"], train.columns["item"], strict=True):
        met.setdefault(int(user), []).append(int(item))
    hits = 0
    for row, (user, item) in enumerate(zip(held_out.columns["user"], held_out.columns["item"], strict=True)):
        scores[row, met.get(int(user), [])] = -np.inf
        hits += int(item) in np.argsort(-scores[row])[:among]
    return hits / held_out.count


@pytest.fixture(scope="module")
def trained() -> tuple[Rig, Rows, Rows]:
    rows = visits()
    train, held_out = rows.split(3600)
    rig = Rig.of("two_tower", rows.shape, rows.sizes, embedding_dim=8)
    rig.fit(train, epochs=8)
    return rig, train, held_out


def test_it_finds_items_that_a_user_has_not_met(trained: tuple[Rig, Rows, Rows]) -> None:
    rig, train, held_out = trained
    assert recall(rig, train, held_out, 300, among=50) > 0.9


def test_its_vectors_have_length_one(trained: tuple[Rig, Rows, Rows]) -> None:
    rig, _, held_out = trained
    for side in (0, 1):
        assert np.linalg.norm(vectors(rig, held_out, side), axis=1) == pytest.approx(np.ones(held_out.count), abs=1e-5)


def test_scores_are_probabilities_of_the_label() -> None:
    rows = visits(each=10)
    rng = np.random.default_rng(0)
    others = replace(
        rows,
        columns={"user": rows.columns["user"], "item": rng.integers(0, 300, rows.count)},
        labels=np.zeros_like(rows.labels),
    )
    order = rng.permutation(2 * rows.count)
    both = Rows(
        rows.shape,
        {name: np.concatenate([rows.columns[name], others.columns[name]])[order] for name in rows.columns},
        np.concatenate([rows.labels, others.labels])[order],
    )
    rig = Rig.of("two_tower", both.shape, both.sizes, embedding_dim=8)
    rig.fit(both, epochs=8)
    scores = rig.score(both)
    assert auc(both.labels[:, 0], scores) > 0.9
    assert scores.mean() == pytest.approx(both.labels.mean(), abs=0.1)


def test_the_same_item_is_no_negative_of_itself() -> None:
    rows = visits(users=8, items=40, each=2)
    rig = Rig.of("two_tower", rows.shape, rows.sizes, correction=False)
    model = rig.learner.network.model
    side = torch.ones(4, 8) / 8**0.5
    targets = Targets(torch.ones(4, 1), None, torch.tensor([[user, 3] for user in range(4)]))
    # Only the log loss of slope and offset is left: there is nothing to choose from.
    only = functional.softplus(-functional.softplus(torch.ones(())))
    assert model.batch_loss((side, side), targets).item() == pytest.approx(only.item(), abs=1e-6)
    others = Targets(torch.ones(4, 1), None, torch.tensor([[user, user] for user in range(4)]))
    assert model.batch_loss((side, side), others).item() == pytest.approx(only.item() + np.log(4), abs=1e-5)


def test_popular_items_are_no_worse_negatives() -> None:
    rows = visits(users=8, items=40, each=2)
    rig = Rig.of("two_tower", rows.shape, rows.sizes)
    model = rig.learner.network.model
    side = torch.ones(2, 8) / 8**0.5
    batches = [torch.tensor([[0, 1], [1, 2]]), torch.tensor([[0, 1], [1, 3]]), torch.tensor([[0, 1], [1, 4]])]
    for ids in batches:
        loss = model.batch_loss((side, side), Targets(torch.ones(2, 1), None, ids)).item()
    # In the third step item 1 has been in every batch, item 4 in a third of them: it counts three times as much against it.
    only = functional.softplus(-functional.softplus(torch.ones(()))).item()
    assert loss == pytest.approx(only + (np.log(1 + 3) + np.log(1 + 1 / 3)) / 2, abs=1e-5)
