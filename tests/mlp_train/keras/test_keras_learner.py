"""The learner on TensorFlow: gradients, rates, weights, state, precision, heads, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from mlp_core.specs.presets import CommonParams, DeepFmParams
from mlp_train.errors import TrainError
from mlp_train.keras import HeadLoss, Inputs, KerasLearner, KerasRecModel, Rows, log_loss
from mlp_train.shape import Column, Shape

from .toys import CONTEXT, TASKS, Trainer, preset, rows, shape

BATCH = rows(64, 1)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    """A small DeepFM with dropout and Adam; tests put it back to its first weights."""
    return Trainer(preset("deepfm", dropout=0.3, optimizer="adam"))


def test_loss_falls_and_nothing_is_traced_twice(trainer: Trainer) -> None:
    trainer.restart()
    losses = [trainer.step(BATCH) for _ in range(60)]
    trainer.step(rows(9, 2))
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    assert trainer.learner._traced_step.experimental_get_tracing_count() == 1


def test_a_run_goes_on_from_its_state_bit_by_bit(trainer: Trainer) -> None:
    trainer.restart()
    for _ in range(3):
        trainer.step(BATCH)
    dense, tables = trainer.learner.state(), {name: values.copy() for name, values in trainer.tables.state().items()}
    unbroken = [trainer.step(BATCH) for _ in range(3)]
    trainer.restart()
    assert set(trainer.learner.load(dense)) == set(dense)
    assert dense["steps"] == 3
    trainer.tables.load(tables)
    assert [trainer.step(BATCH) for _ in range(3)] == unbroken


def test_names_and_network_do_not_depend_on_what_the_process_made_before(trainer: Trainer) -> None:
    trainer.restart()
    other = Trainer(preset("deepfm", dropout=0.3, optimizer="adam"))
    assert list(other.start) == list(trainer.start)
    assert {"deep.dense.kernel", "deep.dense.kernel/momentum", "deep.dense.kernel/velocity", "optimizer/iteration"} <= set(other.start)
    assert all(np.array_equal(other.start[name], trainer.start[name]) for name in other.start)
    assert other.learner.export() == trainer.learner.export()


def test_only_what_fits_is_loaded(trainer: Trainer) -> None:
    trainer.restart()
    fits, other = np.full(16, 0.5, np.float32), np.zeros((3, 3), np.float32)
    assert trainer.learner.load({"deep.dense.bias": fits, "deep.dense.kernel": other, "gone": other}) == ["deep.dense.bias"]
    assert np.array_equal(trainer.learner.state()["deep.dense.bias"], fits)


def test_dropout_is_for_steps_alone(trainer: Trainer) -> None:
    trainer.restart()
    assert np.array_equal(trainer.score(BATCH), trainer.score(BATCH))
    inputs = trainer.inputs(BATCH)
    assert trainer.learner.step(inputs, BATCH, 0.0).loss != trainer.learner.step(inputs, BATCH, 0.0).loss


def test_rate_zero_changes_no_weight_and_half_a_rate_half_as_much(trainer: Trainer) -> None:
    moves = []
    for rate in (0.0, 0.5, 1.0):
        trainer.restart()
        trainer.learner.step(trainer.inputs(BATCH), BATCH, rate)
        moves.append(trainer.learner.state()["deep.dense.kernel"] - trainer.start["deep.dense.kernel"])
    assert not moves[0].any()
    np.testing.assert_allclose(2 * moves[1], moves[2], atol=1e-6)


def test_input_gradients_are_finite_differences() -> None:
    learner = Trainer(preset("din", embedding_dim=3, hidden=(5,), activation="prelu", attention_hidden=(4,))).learner
    rng, batch = np.random.default_rng(1), rows(6, 3)
    mask = (np.arange(4) < rng.integers(1, 5, (6, 1))).astype(np.float32)
    inputs = {
        "pooled": rng.normal(size=(6, 3, 3)).astype(np.float32),
        "dense": rng.normal(size=(6, 1)).astype(np.float32),
        "sequence.history": rng.normal(size=(6, 4, 3)).astype(np.float32) * mask[:, :, None],
        "mask.history": mask,
    }
    gradients = learner.step(inputs, batch, 0.0).gradients
    assert set(gradients) == {"pooled", "sequence.history"}
    for name, gradient in gradients.items():
        assert gradient.shape == inputs[name].shape
        for place in zip(*(rng.integers(0, size, 12) for size in gradient.shape), strict=True):
            losses = []
            for sign in (1, -1):
                moved = inputs[name].copy()
                moved[place] += sign * 5e-3
                losses.append(learner.step({**inputs, name: moved}, batch, 0.0).loss)
            assert (losses[0] - losses[1]) / 1e-2 == pytest.approx(gradient[place], abs=2e-4)
    assert not gradients["sequence.history"][mask == 0].any()


def test_sample_weights_multiply_a_rows_part() -> None:
    trainer = Trainer(preset("lr"))
    kept = replace(BATCH, weights=np.repeat(np.float32([2, 0]), 32))
    half = rows(64, 1)
    trainer.step(half)
    score, labels = trainer.score(BATCH), BATCH.labels[:, 0]
    each = -np.log(np.where(labels == 1, score, 1 - score))
    assert trainer.learner.step(trainer.inputs(BATCH), kept, 0.0).loss == pytest.approx(2 * each[:32].sum() / 64, rel=1e-5)


def test_dense_columns_are_standardised_in_the_network() -> None:
    trainer = Trainer(preset("lr"))
    trainer.learner.load({"wide.dense.kernel": np.ones((1, 1), np.float32)})
    inputs = {"pooled": np.zeros((2, 4, 1), np.float32), "dense": np.float32([[40], [50]])}
    trainer.learner.standardise(np.float32([40]), np.float32([10]))
    np.testing.assert_allclose(trainer.learner.score(inputs), 1 / (1 + np.exp([0.0, -1.0])), rtol=1e-6)
    trainer.learner.standardise(np.float32([40]), np.float32([0]))
    np.testing.assert_allclose(trainer.learner.score(inputs), 1 / (1 + np.exp([0.0, -10.0])), rtol=1e-6)


def test_gradients_are_clipped_by_the_norm_over_weights_and_inputs() -> None:
    free, clipped = (Trainer(preset("wide_deep", optimizer="sgd", clip_norm=norm)) for norm in (None, 1e-3))
    gradients, moves = [], []
    for trainer in (free, clipped):
        gradients.append(trainer.learner.step(trainer.inputs(BATCH), BATCH, 1.0).gradients["pooled"])
        after = trainer.learner.state()
        moves.append(
            [
                (trainer.start[name] - after[name]).ravel() / 0.05
                for name in trainer.start
                if name.startswith(("deep", "wide")) and "/" not in name
            ]
        )
    norm = np.linalg.norm(np.concatenate([*moves[0], gradients[0].ravel()]))
    assert norm > 1e-3
    np.testing.assert_allclose(gradients[1], gradients[0] * 1e-3 / norm, rtol=1e-3, atol=1e-9)
    assert np.linalg.norm(np.concatenate([*moves[1], gradients[1].ravel()])) == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize("numbers", ["bfloat16", "float16"])
def test_mixed_precision_learns_and_scores_in_float32(numbers: str) -> None:
    trainer = Trainer(preset("wide_deep", mixed_precision=numbers))
    losses = [trainer.step(BATCH) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]
    state = trainer.learner.state()
    assert state["deep.dense.kernel"].dtype == np.float32
    plain = Trainer(preset("wide_deep"))
    plain.learner.load(state)
    inputs = trainer.inputs(BATCH)
    assert np.array_equal(plain.learner.score(inputs), trainer.learner.score(inputs))


def test_float16_leaves_out_a_step_that_overflows() -> None:
    trainer = Trainer(preset("lr", mixed_precision="float16"))
    # Half of this over 64 rows is more than float16 can say.
    trainer.learner.load({"loss_scale.scale": np.float32(2**24)})
    step = trainer.learner.step(trainer.inputs(BATCH), BATCH, 1.0)
    state = trainer.learner.state()
    assert state["loss_scale.scale"] == 2**23
    assert np.array_equal(state["wide.bias"], trainer.start["wide.bias"])
    assert not step.gradients["pooled"].any()


def test_a_loss_that_is_no_number_changes_nothing(trainer: Trainer) -> None:
    trainer.restart()
    inputs = trainer.inputs(BATCH)
    step = trainer.learner.step({**inputs, "dense": inputs["dense"] * np.float32(np.nan)}, BATCH, 1.0)
    assert np.isnan(step.loss)
    assert not step.gradients
    state = trainer.learner.state()
    assert all(np.array_equal(state[name], trainer.start[name]) for name in state if "seed_generator" not in name)


class TwoHeads(KerasRecModel):
    """Clicks and purchases from one layer, purchases half as important, with a penalty and a measure of its own."""

    width = 2

    def user_model(self, inputs: Inputs) -> Mapping[str, Any]:
        pooled = keras.layers.Flatten()(inputs["pooled"])
        return {label: keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.1))(pooled) for label in self.shape.labels}

    def user_loss(self, outputs: Any, rows: Rows) -> Mapping[str, HeadLoss]:
        return {
            "click": HeadLoss(log_loss(outputs["click"][:, 0], rows.label("click"))),
            "buy": HeadLoss(log_loss(outputs["buy"][:, 0], rows.label("buy")), 0.5),
        }

    def user_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.AdamW(0.01, weight_decay=0.01)


def test_several_heads_have_a_loss_and_a_weight_each() -> None:
    learner = KerasLearner(TwoHeads(shape(TASKS), CommonParams()), CONTEXT, 1)
    batch = rows(32, 1, TASKS)
    inputs = {"pooled": np.random.default_rng(1).normal(size=(32, 4, 2)).astype(np.float32), "dense": batch.dense}
    scores, state = learner.score(inputs), learner.state()
    assert scores.shape == (32, 2)
    each = -np.log(np.where(batch.labels == 1, scores, 1 - scores)).mean(axis=0)
    penalty = 0.1 * sum(np.square(values).sum() for name, values in state.items() if name.endswith(".kernel"))
    assert learner.step(inputs, batch, 1.0).loss == pytest.approx(each[0] + 0.5 * each[1] + penalty, rel=1e-5)
    assert "dense_1.kernel/velocity" in state


class Wrong(TwoHeads):
    """Its heads are named by nothing."""

    def user_model(self, inputs: Inputs) -> Mapping[str, Any]:
        return {"anything": keras.ops.sum(inputs["pooled"], axis=(1, 2))}


class Scheduled(TwoHeads):
    """Its rate is a schedule."""

    def user_optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 10))


def test_mistakes_in_a_model_are_said_before_the_first_step() -> None:
    with pytest.raises(TrainError, match="gives no head 'click'; name heads as the labels"):
        KerasLearner(Wrong(shape(TASKS), CommonParams()), CONTEXT, 1)
    with pytest.raises(TrainError, match="learning-rate schedule of Keras"):
        KerasLearner(Scheduled(shape(TASKS), CommonParams()), CONTEXT, 1)
    with pytest.raises(TrainError, match="no feature column"):
        KerasLearner(TwoHeads(Shape(()), CommonParams()), CONTEXT, 1)


def test_a_model_without_dense_columns() -> None:
    lean = Shape((Column("a", "id", "a"), Column("b", "id", "b")))
    from mlp_train.keras.presets import MODELS

    learner = KerasLearner(MODELS["deepfm"](lean, DeepFmParams(embedding_dim=2)), CONTEXT, 1)
    assert [item.name for item in learner.inputs] == ["pooled"]
    assert learner.score({"pooled": np.zeros((3, 2, 3), np.float32)}).shape == (3,)
