"""Layers beside their articles' formulas in plain NumPy."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

import tensorflow as tf
from mlp_core.metrics import logloss
from mlp_train.keras.layers import AttentionPooling, Bilinear, Cin, CrossNetwork, Dice, Evolution, factorization_machine, masked_softmax
from mlp_train.keras.layers.frequency import BatchFrequency, identity
from mlp_train.keras.presets.dien import next_item_loss
from mlp_train.keras.presets.esmm import product_log_loss

RNG = np.random.default_rng(1)
VECTORS = RNG.normal(size=(5, 4, 3)).astype(np.float32)
MASK = np.float32([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]])


def weights(layer: keras.layers.Layer) -> list[npt.NDArray[Any]]:
    """The layer's weights after random ones were put in, in the order of their making."""
    layer.set_weights([RNG.normal(size=weight.shape) for weight in layer.get_weights()])
    found: list[npt.NDArray[Any]] = layer.get_weights()
    return found


def sigmoid(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return 1 / (1 + np.exp(-values))


def test_factorization_machine_is_a_sum_over_pairs() -> None:
    pairs = sum((VECTORS[:, i] * VECTORS[:, j]).sum(axis=1) for i, j in combinations(range(4), 2))
    np.testing.assert_allclose(factorization_machine(VECTORS), pairs, rtol=1e-5)


@pytest.mark.parametrize("rank", [None, 2])
def test_cross_network(rank: int | None) -> None:
    layer, first = CrossNetwork(2, rank), VECTORS[:, 0]
    layer(first)
    found = weights(layer)
    down, up = (found[:2], found[2:]) if rank else ([np.eye(3)] * 2, found)
    values = first
    for number in range(2):
        values = first * (values @ down[number] @ up[2 * number] + up[2 * number + 1]) + values
    np.testing.assert_allclose(layer(first), values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("matrices", ["all", "each", "interaction"])
def test_bilinear(matrices: Any) -> None:
    layer = Bilinear(matrices)
    layer(VECTORS)
    (kernel,) = weights(layer)
    place = {"all": lambda pair, i: 0, "each": lambda pair, i: i, "interaction": lambda pair, i: pair}[matrices]
    pairs = [(VECTORS[:, i] @ kernel[place(pair, i)]) * VECTORS[:, j] for pair, (i, j) in enumerate(combinations(range(4), 2))]
    np.testing.assert_allclose(layer(VECTORS), np.stack(pairs, axis=1), rtol=1e-4, atol=1e-5)


def test_cin() -> None:
    layer = Cin((2, 3))
    layer(VECTORS)
    first, second = weights(layer)
    one = np.einsum("nid,njd,ijh->nhd", VECTORS, VECTORS, first.reshape(4, 4, 2))
    two = np.einsum("nid,njd,ijh->nhd", one, VECTORS, second.reshape(2, 4, 3))
    np.testing.assert_allclose(layer(VECTORS), np.concatenate([one.sum(axis=2), two.sum(axis=2)], axis=1), rtol=1e-3, atol=1e-4)


def test_attention_pooling_leaves_padding_out() -> None:
    layer, target = AttentionPooling((4,), "prelu", normalise=True), VECTORS[:, 0]
    longer = np.concatenate([VECTORS, RNG.normal(size=(5, 2, 3))], axis=1).astype(np.float32)
    pooled = layer(target, VECTORS, MASK)
    np.testing.assert_allclose(layer(target, longer, np.pad(MASK, ((0, 0), (0, 2)))), pooled, rtol=1e-5, atol=1e-6)
    assert not np.asarray(pooled)[2].any()
    shares = np.asarray(masked_softmax(VECTORS[:, :, 0], MASK))
    np.testing.assert_allclose(shares.sum(axis=1), [1, 1, 0, 1, 1], rtol=1e-6)
    assert not shares[MASK == 0].any()


def test_dice_learns_its_scale_from_what_is_filled() -> None:
    layer = Dice()
    outputs = layer(VECTORS, MASK, training=True)
    filled = VECTORS[MASK == 1]
    share = sigmoid((VECTORS - filled.mean(axis=0)) / np.sqrt(filled.var(axis=0) + 1e-5))
    np.testing.assert_allclose(outputs, VECTORS * share, rtol=1e-4, atol=1e-5)


def test_evolution_is_a_gated_recurrence_that_rests_over_padding() -> None:
    layer, factors = Evolution(2), MASK * np.float32([0.5, 1, 0.25, 1])
    layer(VECTORS, factors)
    kernel, bias, again, again_bias = weights(layer)
    state, states = np.zeros((5, 2)), []
    for place in range(4):
        given, kept = VECTORS[:, place] @ kernel + bias, state @ again + again_bias
        update, reset = sigmoid(given[:, :2] + kept[:, :2]), sigmoid(given[:, 2:4] + kept[:, 2:4])
        gate = update * factors[:, place, None]
        state = (1 - gate) * state + gate * np.tanh(given[:, 4:] + reset * kept[:, 4:])
        states.append(state)
    np.testing.assert_allclose(layer(VECTORS, factors), np.stack(states, axis=1), rtol=1e-4, atol=1e-5)


def test_next_item_loss() -> None:
    states = RNG.normal(size=VECTORS.shape).astype(np.float32)
    expected = []
    for row in range(5):
        before, right, wrong = VECTORS[row - 1], [], []
        for place in range(3):
            if MASK[row, place + 1]:
                right.append(-np.log(sigmoid(states[row, place] @ VECTORS[row, place + 1])))
            if MASK[row, place + 1] and MASK[row - 1, place + 1]:
                wrong.append(-np.log(1 - sigmoid(states[row, place] @ before[place + 1])))
        expected.append(sum(map(np.mean, filter(None, (right, wrong)))))
    np.testing.assert_allclose(next_item_loss(states, VECTORS, MASK), expected, rtol=1e-4)


def test_product_log_loss() -> None:
    first, second = RNG.normal(size=(2, 50)) * 3
    labels = RNG.integers(0, 2, 50)
    found = product_log_loss(tf.constant(first), tf.constant(second), tf.constant(labels, tf.float64))
    assert float(np.mean(found)) == pytest.approx(logloss(labels, sigmoid(first) * sigmoid(second)), rel=1e-5)
    assert np.isfinite(product_log_loss(tf.constant([50.0]), tf.constant([60.0]), tf.constant([0.0]))).all()


def test_frequency_finds_how_often_items_come() -> None:
    frequency, often, seldom = BatchFrequency(1000), 3, -7
    for step in range(1, 201):
        items = [often, often, step * 1000 + 5] + ([seldom] if step % 10 == 0 else [])
        found = np.asarray(frequency.observe(tf.constant(items, tf.int64)))
        assert found[0] == found[1] == pytest.approx(1)
    assert found[-1] == pytest.approx(0.1)
    ids = tf.constant([[1, 2], [2, 1], [1, 2], [2**40, -1]], tf.int64)
    names = identity(ids).numpy()
    assert names[0] == names[2] and len(set(names.tolist())) == 3
