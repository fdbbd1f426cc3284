"""Experts and their gates, and the frequency of items in batches, against plain loops."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from mlp_train.torch.layers import BatchFrequency, Experts, Extraction, Gate, identity

Array = npt.NDArray[np.float64]
ROWS, INPUTS = 3, 4


def randomise(module: nn.Module) -> nn.Module:
    torch.manual_seed(7)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(std=0.7)
    return module


def mixed(gate: nn.Module, row: Array, experts: Array) -> Array:
    """One row's outputs of experts (experts, width), mixed."""
    scores = np.exp([weights @ row for weights in gate.state_dict()["share.weight"].numpy().astype(float)])
    found: Array = np.sum([score / scores.sum() * expert for score, expert in zip(scores, experts, strict=True)], axis=0)
    return found


def test_gated_experts() -> None:
    experts, gate = randomise(Experts(3, INPUTS, (5, 2))), randomise(Gate(INPUTS, 3))
    inputs = torch.randn(ROWS, INPUTS)
    outputs = experts(inputs)
    assert outputs.shape == (ROWS, 3, 2)
    for place, expert in enumerate(experts.experts):  # type: ignore[arg-type]
        assert torch.equal(outputs[:, place], expert(inputs))
    wanted = [mixed(gate, row, each) for row, each in zip(inputs.numpy(), outputs.detach().numpy(), strict=True)]
    assert np.allclose(gate(inputs, outputs).detach().numpy(), wanted, atol=1e-5)


def test_extraction_keeps_tasks_apart() -> None:
    level = randomise(Extraction(2, INPUTS, own=2, common=1, hidden=(3,)))
    inputs = [torch.randn(ROWS, INPUTS) for _ in range(3)]
    found = level(inputs)
    own = [expert(each).detach().numpy() for expert, each in zip(level.experts, inputs, strict=True)]  # type: ignore[arg-type]
    for task, gate in enumerate(level.gates):  # type: ignore[arg-type]
        for row in range(ROWS):
            available = np.concatenate([own[task][row], own[2][row]])
            assert np.allclose(found[task][row].detach().numpy(), mixed(gate, inputs[task][row].numpy(), available), atol=1e-5)
    shared = [mixed(level.shared_gate, inputs[2][row].numpy(), np.concatenate([each[row] for each in own])) for row in range(ROWS)]  # type: ignore[arg-type]
    assert np.allclose(found[2].detach().numpy(), shared, atol=1e-5)
    assert len(randomise(Extraction(2, INPUTS, 1, 1, (3,), shared=False))(inputs)) == 2


def test_frequencies_approach_how_often_items_are_in_batches() -> None:
    frequency = BatchFrequency(buckets=64)
    rng = np.random.default_rng(0)
    chances = np.array([1.0, 0.5, 0.2, 0.1])
    for _ in range(600):
        there = np.flatnonzero(rng.random(4) < chances)
        frequency.observe(torch.from_numpy(np.repeat(there, 2)))
    found = 1 / frequency.interval[:4].numpy()
    assert found == pytest.approx(chances, rel=0.5)
    assert found[0] == 1.0


def test_a_first_interval_is_the_steps_so_far() -> None:
    frequency = BatchFrequency(buckets=8)
    assert frequency.observe(torch.tensor([1, 1])).tolist() == [1.0, 1.0]
    assert frequency.observe(torch.tensor([1, 2])).tolist() == [1.0, 0.5]
    assert frequency.observe(torch.tensor([2])).tolist() == pytest.approx([1 / (2 + 0.05 * (1 - 2))])


def test_identity_is_equal_where_the_ids_are() -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(-(2**63), 2**63 - 1, size=(5000, 2))
    ids[:2500] = np.stack([np.arange(2500) % 50, np.arange(2500) // 50], axis=1)
    found = identity(torch.from_numpy(ids))
    assert len(torch.unique(found)) == 5000
    assert torch.equal(found, identity(torch.from_numpy(ids.copy())))
    # No bucket count is a stranger to small numbers.
    assert len(torch.unique(found[:2500] % 2**18)) > 2450
