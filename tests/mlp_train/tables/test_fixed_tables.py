"""Fixed tables beside dense PyTorch optimizers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import mlp_train.torch  # noqa: F401 - keeps the folder `triton` from being taken for a compiler
from mlp_train.data.batches import Batch, Lists
from mlp_train.shape import Column, Shape
from mlp_train.tables import ROW_OPTIMIZERS, Adagrad, Adam, RowWiseAdagrad, Tables, make_tables
from mlp_train.tables.kernels import compiled

from .plain import DEVIATION, SHAPE, WIDTH, batch_of, first_value, inputs, random_gradients, sums

SIZES = {"user": 7, "item": 5, "tag": 4}
KEYS = st.integers(-2, 8) | st.sampled_from([2**53 + 1, 2**63 - 1, -(2**63)])


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """A few rows: ids within, outside and far outside their tables; lists of any length."""
    rows = draw(st.integers(1, 6))
    column = st.lists(KEYS, min_size=rows, max_size=rows)
    lists = st.lists(st.lists(KEYS, max_size=4), min_size=rows, max_size=rows)
    return batch_of([draw(column) for _ in range(3)], [draw(lists) for _ in range(2)])


def make(optimizer: str = "adagrad", threads: int = 1, l2: float = 0.0) -> Tables:
    return make_tables(SHAPE, SIZES, WIDTH, DEVIATION, ROW_OPTIMIZERS[optimizer](0.1, l2=l2), seed=3, threads=threads)


def row(table: str, key: int) -> int:
    return key if 0 <= key < SIZES[table] else 0


@given(batches())
def test_a_look_up_gives_rows_means_and_padded_sequences(batch: Batch) -> None:
    tables = make()
    found = tables.look_up(batch).inputs
    expected = inputs(batch, lambda table, key: tables.values(table)[row(table, key)])
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
@given(data=st.data())
def test_a_step_equals_the_dense_optimizer_on_touched_rows(optimizer: str, data: st.DataObject) -> None:
    tables, batch = make(optimizer), data.draw(batches())
    before = {name: tables.values(name).copy() for name in SIZES}
    embedded = tables.look_up(batch)
    gradients = random_gradients(embedded, data.draw(st.integers(0, 99)))
    tables.update(embedded, gradients, rate=0.5)
    for name in SIZES:
        dense, touched = np.zeros_like(before[name]), set()
        for (table, key), gradient in sums(batch, gradients).items():
            if table == name:
                dense[row(table, key)] += gradient
                touched.add(row(table, key))
        stepped = torch_steps(optimizer, before[name], [dense], rate=0.05)
        rest = [number for number in range(SIZES[name]) if number not in touched]
        np.testing.assert_allclose(tables.values(name)[[*touched]], stepped[[*touched]], rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(tables.values(name)[rest], before[name][rest])


def torch_steps(optimizer: str, start: np.ndarray, gradients: list[np.ndarray], rate: float, decay: float = 0.0) -> np.ndarray:
    """What the dense optimizer makes of the gradients."""
    weight = torch.nn.Parameter(torch.tensor(start))
    kinds = {"adagrad": torch.optim.Adagrad, "adam": torch.optim.Adam}
    stepper = kinds[optimizer]([weight], lr=rate, weight_decay=decay)
    for gradient in gradients:
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
        stepper.step()
    return weight.detach().numpy()


@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
def test_many_steps_that_touch_all_rows_equal_the_dense_optimizer(optimizer: str) -> None:
    tables, random, dense = make(optimizer, l2=0.1), np.random.default_rng(0), []
    before = tables.values("user").copy()
    for number in range(6):
        users = [*range(7), *random.integers(0, 7, 9).tolist()]
        batch = batch_of([users, [1] * 16, [2] * 16], [[[]] * 16, [[3, 3]] * 16])
        embedded = tables.look_up(batch)
        gradients = random_gradients(embedded, number)
        tables.update(embedded, gradients)
        found = sums(batch, gradients)
        dense.append(np.stack([found["user", user] for user in range(7)]))
    expected = torch_steps(optimizer, before, dense, rate=0.1, decay=0.1)
    np.testing.assert_allclose(tables.values("user"), expected, rtol=1e-4, atol=1e-5)


def test_rowwise_adagrad_keeps_the_mean_square_of_a_row() -> None:
    tables, total = make("rowwise_adagrad"), np.zeros(7)
    expected = tables.values("user").astype(np.float64)
    for number in range(4):
        batch = batch_of([[1, 2, 1], [0, 0, 0], [0, 0, 0]], [[[], [], []], [[], [], []]])
        embedded = tables.look_up(batch)
        gradients = random_gradients(embedded, number)
        tables.update(embedded, gradients)
        for (table, key), gradient in sums(batch, gradients).items():
            if table == "user":
                total[key] += (gradient**2).mean()
                expected[key] -= 0.1 / (np.sqrt(total[key]) + 1e-8) * gradient
    np.testing.assert_allclose(tables.values("user"), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(tables.state()["table/user/sum"][:, 0], total, rtol=1e-5)


def test_lazy_adam_leaves_the_moments_of_rows_that_rest() -> None:
    tables = make("adam")
    for user in (1, 2):
        embedded = tables.look_up(batch_of([[user], [0], [0]], [[[]], [[]]]))
        tables.update(embedded, random_gradients(embedded, user))
        kept = {name: value[1].copy() for name, value in tables.state().items() if name.startswith("table/user")}
        if user == 1:
            first = kept
    for name, value in first.items():
        np.testing.assert_array_equal(kept[name], value)


def test_ids_outside_are_given_row_0_and_counted_by_column() -> None:
    tables = make()
    tables.look_up(batch_of([[7, -1, 6], [4, 4, 4], [2**62, 0, 5]], [[[4], [], []], [[-1, 5], [], [1]]]))
    assert tables.outside == {"user": 2, "other": 2, "tags": 1, "history": 2}


@pytest.mark.parametrize("optimizer", ROW_OPTIMIZERS)
def test_results_do_not_depend_on_the_number_of_threads(optimizer: str) -> None:
    random, states = np.random.default_rng(1), []
    drawn = [
        batch_of(random.integers(0, 7, (3, 200)).tolist(), [[random.integers(0, 5, 3).tolist() for _ in range(200)] for _ in range(2)])
        for _ in range(3)
    ]
    for threads in (1, 2, 3):
        tables = make(optimizer, threads)
        for number, batch in enumerate(drawn):
            embedded = tables.look_up(batch)
            tables.update(embedded, random_gradients(embedded, number))
        states.append((embedded.inputs, tables.state()))
    for found in states[1:]:
        for mine, first in zip(found, states[0], strict=True):
            assert mine.keys() == first.keys()
            for name, value in first.items():
                np.testing.assert_array_equal(mine[name], value, err_msg=name)


@pytest.mark.parametrize("optimizer", ROW_OPTIMIZERS)
def test_a_loaded_state_goes_on_as_the_first_would_have(optimizer: str) -> None:
    first, second = make(optimizer), make_tables(SHAPE, SIZES, WIDTH, DEVIATION, ROW_OPTIMIZERS[optimizer](0.1), seed=99)
    batch = batch_of([[1, 2], [3, 4], [1, 1]], [[[1, 2], []], [[0], [2, 3]]])
    for number, tables in ((0, first), (1, first), (2, second)):
        if tables is second:
            state = {name: value.copy() for name, value in first.state().items()}
            assert set(second.load(state)) == set(state)
        for each in {id(first): first, id(tables): tables}.values():
            embedded = each.look_up(batch)
            each.update(embedded, random_gradients(embedded, number))
    for name, value in first.state().items():
        np.testing.assert_array_equal(second.state()[name], value, err_msg=name)


def test_entries_that_do_not_fit_are_not_loaded() -> None:
    tables = make()
    state = tables.state()
    state["table/user"] = np.zeros((9, WIDTH + 1), dtype=np.float32)
    taken = tables.load({**state, "table/none": state["table/item"]})
    assert "table/user" not in taken and "table/none" not in taken and "table/user/sum" in taken


@settings(max_examples=20)
@given(st.integers(0, 2**40), st.text(min_size=1, max_size=5))
def test_first_values_follow_from_seed_table_key_and_column(seed: int, table: str) -> None:
    shape, deviation = Shape((Column("x", "id", table), Column("y", "id", "other"))), np.ones(9, dtype=np.float32)
    for threads, width, size in ((1, 9, 20), (2, 3, 50)):
        tables = make_tables(shape, {"other": 3, table: size}, width, deviation[:width], Adagrad(1.0), seed, threads)
        expected = [[first_value(seed, table, key, column) for column in range(width)] for key in range(tables.values(table).shape[0])]
        np.testing.assert_allclose(tables.values(table), expected, rtol=1e-6, atol=1e-7)


def test_first_values_are_normal_and_scaled_by_column() -> None:
    deviation = np.array([0, 1, 2], dtype=np.float32)
    drawn = make_tables(Shape((Column("x", "id"),)), {"x": 100_000}, 3, deviation, Adagrad(1.0), 5).values("x")
    assert (drawn[:, 0] == 0).all()
    expected = torch.distributions.Normal(0, 1)
    for column in (1, 2):
        ordered = torch.tensor(np.sort(drawn[:, column] / deviation[column]))
        distance = (expected.cdf(ordered) - torch.linspace(0, 1, len(ordered))).abs().max()
        assert distance < 1.63 / np.sqrt(len(ordered))  # Kolmogorov and Smirnov's bound at one per cent
    assert abs(np.corrcoef(drawn[:, 1], drawn[:, 2])[0, 1]) < 0.01


def test_bad_batches_and_gradients_are_told() -> None:
    tables, batch = make(), batch_of([[1], [1], [1]], [[[1]], [[]]])
    wrong = Batch(batch.ids.astype(np.int32), batch.lists, batch.dense, batch.labels)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Batch.ids is int32 of shape \(1, 3\)"):
        tables.look_up(wrong)
    lists = (Lists(batch.lists[0].ids, np.array([0, 2])), batch.lists[1])
    with pytest.raises(ValueError, match="'tags': offsets must grow from 0 to 1"):
        tables.look_up(Batch(batch.ids, lists, batch.dense, batch.labels))
    with pytest.raises(ValueError, match="lacks 'history'"):
        tables.look_up(Batch(batch.ids, batch.lists[:1], batch.dense, batch.labels))
    with pytest.raises(ValueError, match="gradient of 'pooled' is missing"):
        tables.update(tables.look_up(batch), {})
    with pytest.raises(ValueError, match="sizes lack the tables of column"):
        make_tables(SHAPE, {"user": 1}, WIDTH, DEVIATION, Adam(0.1), 1)
    with pytest.raises(ValueError, match="'tag' would have 0 rows"):
        make_tables(SHAPE, {**SIZES, "tag": 0}, WIDTH, DEVIATION, RowWiseAdagrad(0.1), 1)
    with pytest.raises(ValueError, match="deviation has shape"):
        make_tables(SHAPE, SIZES, 3, DEVIATION, Adam(0.1), 1)


def test_batches_without_rows_and_models_without_ids_are_no_exception() -> None:
    tables = make()
    embedded = tables.look_up(batch_of([[], [], []], [[], []]))
    assert {name: value.shape for name, value in embedded.inputs.items()} == {
        "pooled": (0, 4, WIDTH),
        "sequence.history": (0, 1, WIDTH),
        "mask.history": (0, 1),
    }
    tables.update(embedded, random_gradients(embedded, 0))
    dense = make_tables(Shape((Column("price", "dense"),)), {}, 2, np.ones(2, np.float32), Adagrad(0.1), 1, 2)
    embedded = dense.look_up(Batch(np.zeros((1, 0), np.int64), (), np.ones((1, 1), np.float32), np.ones((1, 1), np.float32)))
    assert embedded.inputs == {}
    dense.update(embedded, {})


def test_kernels_work_where_nothing_can_be_kept_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no locator available")

    monkeypatch.setattr(compiled, "_Cache", refuse)
    assert compiled.kernel(lambda value: value + 1, "nowhere")(1) == 2
