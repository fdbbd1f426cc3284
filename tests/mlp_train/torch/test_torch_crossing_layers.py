"""Blocks that cross the columns of a row, against their articles' formulas in plain loops."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from mlp_train.torch.layers import (
    Bilinear,
    CompressedInteraction,
    CrossNetwork,
    FirstOrder,
    Mlp,
    NumberVectors,
    SelfAttention,
    SeNet,
    factorization_machine,
    first_order_deviation,
    flat,
)

Array = npt.NDArray[np.float64]
ROWS, COLUMNS, DIM = 3, 4, 5


def weights(module: nn.Module) -> dict[str, Array]:
    """The module's weights, made large enough that each matters."""
    torch.manual_seed(7)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(std=0.7)
    return {name: value.detach().numpy().astype(float) for name, value in module.state_dict().items()}


@pytest.fixture
def vectors() -> Tensor:
    return torch.randn(ROWS, COLUMNS, DIM, generator=torch.Generator().manual_seed(1))


def same(found: Tensor, wanted: Array) -> None:
    assert found.shape == wanted.shape
    assert np.allclose(found.detach().numpy(), wanted, rtol=1e-4, atol=1e-5)


def relu(values: Array) -> Array:
    return np.maximum(values, 0)


def test_factorization_machine_sums_all_pairs(vectors: Tensor) -> None:
    rows = vectors.numpy().astype(float)
    same(factorization_machine(vectors), np.array([sum(row[i] @ row[j] for i, j in combinations(range(COLUMNS), 2)) for row in rows]))


def test_mlp() -> None:
    mlp = Mlp(4, (3, 2), outputs=2)
    w = weights(mlp)
    x = np.random.default_rng(0).normal(size=(ROWS, 4))
    wanted = relu(relu(x @ w["layers.0.weight"].T + w["layers.0.bias"]) @ w["layers.1.weight"].T + w["layers.1.bias"])
    same(mlp(torch.from_numpy(x).float()), wanted @ w["last.weight"].T + w["last.bias"])
    assert mlp.width == 2
    open_ended = Mlp(4, (3,), outputs=None)
    assert (open_ended.width, open_ended(torch.zeros(2, 7, 4)).shape) == (3, (2, 7, 3))
    assert Mlp(4, (), outputs=None)(torch.ones(2, 4)).tolist() == [[1.0] * 4] * 2


@pytest.mark.parametrize("rank", [None, 2])
def test_cross_network(rank: int | None) -> None:
    cross = CrossNetwork(4, 2, rank)
    w = weights(cross)
    first = np.random.default_rng(0).normal(size=(ROWS, 4))
    x = first
    for layer in range(2):
        if rank is None:
            matrix, bias = w[f"layers.{layer}.weight"], w[f"layers.{layer}.bias"]
        else:
            matrix, bias = w[f"layers.{layer}.1.weight"] @ w[f"layers.{layer}.0.weight"], w[f"layers.{layer}.1.bias"]
        x = np.array([[first[n, i] * (matrix[i] @ x[n] + bias[i]) + x[n, i] for i in range(4)] for n in range(ROWS)])
    same(cross(torch.from_numpy(first).float()), x)


def test_senet(vectors: Tensor) -> None:
    senet = SeNet(COLUMNS, 2)
    w = weights(senet)
    wanted = []
    for row in vectors.numpy().astype(float):
        share = relu(w["excite.weight"] @ relu(w["squeeze.weight"] @ row.mean(axis=1)))
        wanted.append([share[i] * row[i] for i in range(COLUMNS)])
    assert w["squeeze.weight"].shape == (2, COLUMNS)
    same(senet(vectors), np.array(wanted))


@pytest.mark.parametrize("kind", ["all", "each", "interaction"])
def test_bilinear(kind: str, vectors: Tensor) -> None:
    bilinear = Bilinear(COLUMNS, DIM, kind)
    matrices = weights(bilinear)["weight"]
    pairs = list(combinations(range(COLUMNS), 2))
    assert len(matrices) == {"all": 1, "each": COLUMNS - 1, "interaction": len(pairs)}[kind]
    wanted = []
    for row in vectors.numpy().astype(float):
        chosen = {"all": [0] * len(pairs), "each": [i for i, _ in pairs], "interaction": range(len(pairs))}[kind]
        wanted.append([(row[i] @ matrices[place]) * row[j] for place, (i, j) in zip(chosen, pairs, strict=True)])
    same(bilinear(vectors), np.array(wanted))


def test_compressed_interaction(vectors: Tensor) -> None:
    cin = CompressedInteraction(COLUMNS, (3, 2))
    w = weights(cin)
    wanted = []
    for first in vectors.numpy().astype(float):
        x, pooled = first, []
        for layer, maps in enumerate((3, 2)):
            weight = w[f"layers.{layer}.weight"].reshape(maps, len(x), COLUMNS)
            x = np.array(
                [sum(weight[h, i, j] * x[i] * first[j] for i in range(len(x)) for j in range(COLUMNS)) for h in range(maps)], dtype=float
            )
            pooled += [row.sum() for row in x]
        wanted.append(pooled)
    assert cin.width == 5
    same(cin(vectors), np.array(wanted))


@pytest.mark.parametrize("residual", [True, False])
def test_self_attention(residual: bool, vectors: Tensor) -> None:
    heads, dim = 2, 3
    attention = SelfAttention(DIM, dim, heads, residual)
    w = weights(attention)
    wanted = np.zeros((ROWS, COLUMNS, heads * dim))
    for n, row in enumerate(vectors.numpy().astype(float)):
        for head in range(heads):
            part = slice(head * dim, (head + 1) * dim)
            query, key, value = (row @ w[f"{name}.weight"][part].T for name in ("query", "key", "value"))
            for i in range(COLUMNS):
                scores = np.exp([query[i] @ key[j] for j in range(COLUMNS)])
                wanted[n, i, part] = sum(scores[j] / scores.sum() * value[j] for j in range(COLUMNS))
        if residual:
            wanted[n] += row @ w["residual.weight"].T
    same(attention(vectors), relu(wanted))


def test_single_columns(vectors: Tensor) -> None:
    first_order, numbers = FirstOrder(2), NumberVectors(2, DIM)
    w, own = weights(first_order), weights(numbers)["vectors"]
    dense = torch.tensor([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])
    wanted = vectors.numpy()[:, :, 0].sum(axis=1) + dense.numpy() @ w["linear.weight"][0] + w["bias"]
    same(first_order({"pooled": vectors, "dense": dense}), wanted)
    same(FirstOrder(0)({"pooled": vectors}), vectors.numpy()[:, :, 0].sum(axis=1).astype(float))
    same(FirstOrder(0, bias=False)({"pooled": vectors}), vectors.numpy()[:, :, 0].sum(axis=1).astype(float))
    same(numbers(dense), np.array([[row[i] * own[i] for i in range(2)] for row in dense.numpy()]))
    same(
        flat({"pooled": vectors, "dense": dense}, skip=1),
        np.array([[*row[:, 1:].ravel(), *more] for row, more in zip(vectors.numpy(), dense.numpy(), strict=True)], dtype=float),
    )
    assert flat({"dense": dense}).tolist() == dense.tolist()
    assert first_order_deviation(3).tolist() == pytest.approx([0, 0.001, 0.001])
