"""Blocks that read histories, against their articles' formulas in plain loops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from mlp_train.torch.layers import Dice, GatedRecurrence, InterestEvolution, PRelu, TargetAttention, masked_softmax, next_item_loss

Array = npt.NDArray[np.float64]
DIM, LENGTHS = 3, (4, 0, 2)


def weights(module: nn.Module) -> dict[str, Array]:
    torch.manual_seed(7)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(std=0.7)
    return {name: value.detach().numpy().astype(float) for name, value in module.state_dict().items()}


@pytest.fixture
def target() -> Tensor:
    return torch.randn(len(LENGTHS), DIM, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def filled() -> Tensor:
    return (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)).float()


@pytest.fixture
def items(filled: Tensor) -> Tensor:
    """Padded with zeros."""
    return torch.randn(*filled.shape, DIM, generator=torch.Generator().manual_seed(2)) * filled.unsqueeze(2)


def sigmoid(values: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-values))
    return found


def history(items: Tensor, row: int) -> Array:
    return items[row, : LENGTHS[row]].numpy().astype(float)


def test_dice_stands_on_the_scale_of_what_is_filled(items: Tensor, filled: Tensor) -> None:
    dice = Dice(DIM)
    slope = weights(dice)["slope"]
    values = np.concatenate([history(items, row) for row in range(len(LENGTHS))])
    share = sigmoid((values - values.mean(axis=0)) / np.sqrt(values.var(axis=0) + 1e-5))
    wanted = values * share + slope * values * (1 - share)
    assert np.allclose(dice(items, filled)[filled > 0].detach().numpy(), wanted, atol=1e-5)
    assert np.allclose(dice.mean.numpy(), 0.1 * values.mean(axis=0), atol=1e-6)
    assert np.allclose(dice.variance.numpy(), 0.9 + 0.1 * values.var(axis=0), atol=1e-6)
    kept = dice.mean.clone()
    assert dice(items, torch.zeros_like(filled)).isfinite().all()
    assert dice.mean.tolist() == kept.tolist()
    dice.eval()
    running = sigmoid((values - dice.mean.numpy()) / np.sqrt(dice.variance.numpy() + 1e-5))
    found = dice(torch.from_numpy(values).float()).detach().numpy()
    assert np.allclose(found, values * running + slope * values * (1 - running), atol=1e-5)


def test_prelu() -> None:
    prelu = PRelu(2)
    slope = weights(prelu)["slope"]
    assert prelu(torch.tensor([[2.0, -3.0], [-1.0, 0.5]])).tolist() == [pytest.approx([2, -3 * slope[1]]), pytest.approx([-slope[0], 0.5])]


@pytest.mark.parametrize("normalise", [False, True])
def test_target_attention(normalise: bool, target: Tensor, items: Tensor, filled: Tensor) -> None:
    attention = TargetAttention(DIM, (4,), activation="prelu", normalise=normalise)
    w = weights(attention)
    wanted = np.zeros((len(LENGTHS), DIM))
    for row, want in enumerate(target.numpy().astype(float)):
        scores = []
        for item in history(items, row):
            hidden = w["weigh.layers.0.weight"] @ np.concatenate([want, item, want - item, want * item]) + w["weigh.layers.0.bias"]
            hidden = np.where(hidden > 0, hidden, w["weigh.activations.0.slope"] * hidden)
            scores.append(float(w["weigh.last.weight"][0] @ hidden + w["weigh.last.bias"][0]))
        shares = np.exp(scores) / np.exp(scores).sum() if normalise else np.array(scores)
        for share, item in zip(shares, history(items, row), strict=True):
            wanted[row] += share * item
    assert np.allclose(attention(target, items, filled).detach().numpy(), wanted, atol=1e-4)


def step(w: dict[str, Array], prefix: str, state: Array, item: Array, weight: float) -> Array:
    entered = w[f"{prefix}enter.weight"] @ item + w[f"{prefix}enter.bias"]
    again = w[f"{prefix}again.weight"] @ state + w[f"{prefix}again.bias"]
    reset, update = sigmoid(entered[:DIM] + again[:DIM]), sigmoid(entered[DIM : 2 * DIM] + again[DIM : 2 * DIM])
    candidate = np.tanh(entered[2 * DIM :] + reset * again[2 * DIM :])
    return (1 - weight * update) * state + weight * update * candidate


def test_gated_recurrence(items: Tensor, filled: Tensor) -> None:
    recurrence = GatedRecurrence(DIM, DIM)
    w = weights(recurrence)
    gates = filled * torch.tensor([0.9, 0.1, 0.5, 0.7])
    last, states = recurrence(items, gates)
    for row in range(len(LENGTHS)):
        state = np.zeros(DIM)
        for place, item in enumerate(history(items, row)):
            state = step(w, "", state, item, float(gates[row, place]))
            assert np.allclose(states[row, place].detach().numpy(), state, atol=1e-5)
        assert np.allclose(last[row].detach().numpy(), state, atol=1e-5)


def test_interest_evolution(target: Tensor, items: Tensor, filled: Tensor) -> None:
    evolution = InterestEvolution(DIM)
    w = weights(evolution)
    interest, states = evolution(target, items, filled)
    for row, want in enumerate(target.numpy().astype(float)):
        extracted, state = [], np.zeros(DIM)
        for item in history(items, row):
            state = step(w, "extract.", state, item, 1.0)
            extracted.append(state)
        scores = np.exp([each @ w["attend.weight"] @ want for each in extracted])
        state = np.zeros(DIM)
        for each, score in zip(extracted, scores, strict=True):
            state = step(w, "evolve.", state, each, score / scores.sum())
        assert np.allclose(interest[row].detach().numpy(), state, atol=1e-5)
        assert np.allclose(states[row, : LENGTHS[row]].detach().numpy(), np.reshape(extracted, (-1, DIM)), atol=1e-5)


def test_masked_softmax_of_nothing_is_nothing() -> None:
    found = masked_softmax(torch.tensor([[1.0, 2.0], [5.0, 5.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert found.tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_next_item_loss(items: Tensor, filled: Tensor) -> None:
    states = torch.randn(items.shape, generator=torch.Generator().manual_seed(3))
    wanted = []
    for row, length in enumerate(LENGTHS):
        other = (row - 1) % len(LENGTHS)
        right, wrong = [], []
        for place in range(1, length):
            state = states[row, place - 1].numpy()
            right.append(-np.log(sigmoid(state @ items[row, place].numpy())))
            if place < LENGTHS[other]:
                wrong.append(-np.log(1 - sigmoid(state @ items[other, place].numpy())))
        wanted.append(sum(right) / max(1, len(right)) + sum(wrong) / max(1, len(wrong)))
    assert next_item_loss(states, items, filled).numpy() == pytest.approx(np.array(wanted), abs=1e-5)
    assert next_item_loss(states[:, :1], items[:, :1], filled[:, :1]).tolist() == [0.0] * 3
