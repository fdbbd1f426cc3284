"""Each preset learns what `lr` cannot, learns a batch by heart, and scores the same from ONNX, on TensorFlow."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

from mlp_core.metrics import auc
from mlp_core.specs.presets import presets
from mlp_train.data.batches import Batch, Ids
from mlp_train.errors import TrainError
from mlp_train.keras.network import build_network
from mlp_train.keras.presets import MODELS
from mlp_train.shape import Column, Shape
from mlp_train.torch.presets import MODELS as TORCH

from .toys import Trainer, labelled, preset, rows, with_histories


def learn(trainer: Trainer, train: Batch, test: Batch, epochs: int) -> list[float]:
    """The AUC of each label on `test` after so many epochs."""
    learner = trainer.learner
    learner.standardise(train.dense.mean(axis=0), train.dense.std(axis=0))
    trainer.start = learner.state()
    trainer.fit(train, epochs)
    scores = trainer.score(test).reshape(test.rows, -1)
    return [auc(test.labels[:, task], scores[:, task]) for task in range(scores.shape[1])]


@pytest.mark.parametrize("name", MODELS)
def test_preset(name: str) -> None:
    trainer = Trainer(preset(name))
    labels, learner = trainer.learner.shape.labels, trainer.learner
    test = rows(500, 2, labels)
    measured = learn(trainer, rows(2000, 1, labels), test, epochs=10)
    assert measured[0] < 0.6 if name == "lr" else min(measured) > 0.75

    session = ort.InferenceSession(learner.export(), providers=["CPUExecutionProvider"])
    assert [item.name for item in session.get_inputs()] == [item.name for item in learner.inputs]
    for some in (test, rows(7, 3, labels), rows(1, 4, labels)):
        inputs = trainer.inputs(some)
        (exported,) = session.run(["score"], {item.name: inputs[item.name] for item in learner.inputs})
        assert exported.shape == ((some.rows,) if len(labels) == 1 else (some.rows, len(labels)))
        np.testing.assert_allclose(exported, trainer.score(some), atol=1e-5)

    trainer.restart()
    few = rows(16, 5, labels)
    losses = [trainer.step(few) for _ in range(70)]
    assert losses[-1] < 0.4 * losses[0]
    assert learner._traced_step.experimental_get_tracing_count() == 1
    assert learner._traced_score.experimental_get_tracing_count() == 1


def test_din_finds_an_item_in_a_long_history_where_deepfm_sees_the_mean() -> None:
    def is_there(history: Ids, target: int) -> bool:
        return bool(np.any(history % 12 == target % 12))

    train, test = (labelled(with_histories(rows(count, seed), seed, 4, 12), is_there) for count, seed in ((3000, 1), (500, 2)))
    din, deepfm = (learn(Trainer(preset(name, embedding_dim=2)), train, test, epochs=18)[0] for name in ("din", "deepfm"))
    assert din > 0.75
    assert din > deepfm + 0.05


@pytest.mark.slow
def test_dien_knows_the_last_item_where_deepfm_and_din_see_no_order() -> None:
    def ends_so(history: Ids, target: int) -> bool:
        return bool(history[-1] % 2 == target % 2)

    train, test = (labelled(with_histories(rows(count, seed), seed, 2, 4), ends_so) for count, seed in ((2000, 1), (500, 2)))
    params = {"embedding_dim": 8, "hidden": (32,), "optimizer": "adam", "learning_rate": 0.01}
    dien, din, deepfm = (learn(Trainer(preset(name, **params), 0.1), train, test, epochs=12)[0] for name in ("dien", "din", "deepfm"))
    assert dien > 0.95
    assert dien > max(din, deepfm) + 0.1


@pytest.mark.parametrize("name", MODELS)
def test_as_many_weights_as_on_pytorch(name: str) -> None:
    model = preset(name)
    other = TORCH[name].for_shape(model.shape, model.params)
    assert other.shape == model.shape and other.width == model.width
    assert np.array_equal(other.deviation, model.deviation)
    weights = sum(int(np.prod(weight.shape)) for weight in build_network(model).trainable_variables)
    assert weights == sum(weight.numel() for weight in other.parameters())


def test_registry_is_the_catalogue() -> None:
    assert list(MODELS) == list(presets)
    assert all(MODELS[name].Params is presets[name].params for name in MODELS)


def test_crossing_needs_columns() -> None:
    lonely = Shape((Column("a", "id", "a"), Column("age", "dense")))
    with pytest.raises(TrainError, match="fibinet crosses categorical columns and needs 2 or more, there are 1"):
        Trainer(MODELS["fibinet"](lonely, presets["fibinet"].params()))
