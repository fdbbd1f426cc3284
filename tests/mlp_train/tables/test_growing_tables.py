"""Growing tables beside their meaning in plain Python."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp_train.data.batches import Batch
from mlp_train.shape import Column, Shape
from mlp_train.tables import ROW_OPTIMIZERS, Adagrad, Growing, Tables, make_tables

from .plain import DEVIATION, SHAPE, WIDTH, batch_of, inputs, random_gradients, sums

TABLES = ("user", "item", "tag")
FAR = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), -1]


def make(rule: Growing | None = None, optimizer: str = "adagrad", threads: int = 1, seed: int = 3) -> Tables:
    sizes: dict[str, int | None] = dict.fromkeys(TABLES)
    return make_tables(SHAPE, sizes, WIDTH, DEVIATION, ROW_OPTIMIZERS[optimizer](0.1), seed, threads, rule)


def of_ids(ids: Iterable[int]) -> Batch:
    """A batch in which only the users matter: the rest is id 0 and empty lists."""
    users = list(ids)
    return batch_of([users, [0] * len(users), [0] * len(users)], [[[]] * len(users)] * 2)


def step(tables: Tables, batch: Batch, seed: int = 0) -> None:
    embedded = tables.look_up(batch)
    tables.update(embedded, random_gradients(embedded, seed))


def random_batch(random: np.random.Generator, keys: int, rows: int = 40) -> Batch:
    names = np.concatenate([np.arange(keys), FAR])
    columns = [random.choice(names, rows).tolist() for _ in range(3)]
    return batch_of(columns, [[random.choice(names, random.integers(0, 4)).tolist() for _ in range(rows)] for _ in range(2)])


@st.composite
def runs(draw: st.DrawFn) -> list[Batch]:
    """A few batches."""
    key = st.integers(-3, 9) | st.sampled_from(FAR)
    found = []
    for _ in range(draw(st.integers(1, 4))):
        rows = draw(st.integers(1, 5))
        column, lists = st.lists(key, min_size=rows, max_size=rows), st.lists(st.lists(key, max_size=3), min_size=rows, max_size=rows)
        found.append(batch_of([draw(column) for _ in range(3)], [draw(lists) for _ in range(2)]))
    return found


@settings(max_examples=50)
@given(runs())
def test_with_all_keys_admitted_it_is_a_table_without_end(batches: list[Batch]) -> None:
    """Rows, sums and look-ups as in a dict whose new keys come with the first values of a fixed table."""
    tables = make()
    rows: dict[tuple[str, int], np.ndarray] = {}
    totals: dict[tuple[str, int], np.ndarray] = {}
    for number, batch in enumerate(batches):
        embedded = tables.look_up(batch)
        for name in TABLES:
            keys = tables.keys(name)
            assert keys is not None and keys.tolist() == [0, *sorted({*keys.tolist()} - {0})]
            for key, value in zip(keys.tolist(), tables.values(name), strict=True):
                known = rows.setdefault((name, key), value.astype(np.float64))
                np.testing.assert_allclose(value, known, rtol=1e-4, atol=1e-5)
        for name, value in inputs(batch, lambda table, key: rows[table, key]).items():
            np.testing.assert_allclose(embedded.inputs[name], value, rtol=1e-4, atol=1e-5)
        gradients = random_gradients(embedded, number)
        tables.update(embedded, gradients)
        for place, gradient in sums(batch, gradients).items():
            totals[place] = totals.get(place, np.zeros(WIDTH)) + gradient**2
            rows[place] = rows[place] - 0.1 * gradient / (np.sqrt(totals[place]) + 1e-10)


@pytest.mark.parametrize("optimizer", ROW_OPTIMIZERS)
def test_it_equals_a_fixed_table_bit_by_bit_whatever_the_order_of_arrival(optimizer: str) -> None:
    random, growing = np.random.default_rng(0), make(optimizer=optimizer)
    fixed = make_tables(SHAPE, dict.fromkeys(TABLES, 3000), WIDTH, DEVIATION, ROW_OPTIMIZERS[optimizer](0.1), 3)
    for number in range(5):
        columns, lists = random.integers(0, 3000, (3, 1500)), random.integers(0, 3000, (2, 1500, 2)).tolist()
        batch = batch_of(columns.tolist(), lists)
        for tables in (growing, fixed):
            step(tables, batch, number)
    for name in TABLES:
        keys = growing.keys(name)
        assert keys is not None and keys.size > 2000
        np.testing.assert_array_equal(growing.values(name), fixed.values(name)[keys])
        for key, value in growing.state().items():
            if key.startswith(f"table/{name}/") and not key.endswith("/keys"):
                np.testing.assert_array_equal(value, fixed.state()[key][keys], err_msg=key)


def test_rows_of_many_pages_and_maps_that_grow() -> None:
    shape = Shape((Column("x", "id"),))
    deviation = np.ones(2, dtype=np.float32)
    tables = make_tables(shape, {"x": None}, 2, deviation, Adagrad(0.1), 1)
    keys = np.random.default_rng(1).permutation(np.arange(1, 60_001)) * 2**40
    for start in range(0, len(keys), 6000):
        part = keys[start : start + 6000, None].copy()
        empty = np.zeros((len(part), 0), dtype=np.float32)
        embedded = tables.look_up(Batch(part, (), empty, np.zeros((len(part), 1), dtype=np.float32)))
        tables.update(embedded, {"pooled": np.ones_like(embedded.inputs["pooled"])})
    found = tables.keys("x")
    assert found is not None
    np.testing.assert_array_equal(found, np.arange(60_001) * 2**40)
    np.testing.assert_array_equal(tables.state()["table/x/sum"][:, 0], [0, *[1] * 60_000])


def test_a_key_has_a_row_from_the_time_on_that_was_asked_for() -> None:
    tables = make(Growing(admit_after=3))
    shared = tables.values("user")[0].copy()
    first = tables.look_up(of_ids([5, 7, 5])).inputs["pooled"][:, 0]
    np.testing.assert_array_equal(first, [shared] * 3)
    second = tables.look_up(of_ids([7, 5, 5, 9])).inputs["pooled"][:, 0]
    np.testing.assert_array_equal(second == shared, np.array([[True], [False], [False], [True]]) | (DEVIATION == 0))
    np.testing.assert_array_equal(tables.keys("user"), [0, 5])
    tables.look_up(of_ids([7, 9, 9]), learn=False)
    np.testing.assert_array_equal(tables.keys("user"), [0, 5])
    tables.look_up(of_ids([7]))
    np.testing.assert_array_equal(tables.keys("user"), [0, 5, 7])


def test_gradients_of_ids_that_wait_teach_the_shared_row() -> None:
    tables = make(Growing(admit_after=2))
    before = tables.values("user").copy()
    step(tables, of_ids([5, 6]))
    assert (tables.values("user") != before).all()
    np.testing.assert_array_equal(tables.keys("user"), [0])


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(-4, 12), min_size=1, max_size=8), min_size=1, max_size=12), st.integers(1, 4), st.integers(1, 6))
def test_waiting_ids_are_counted_and_forgotten_as_stated(batches: list[list[int]], admit: int, most: int) -> None:
    tables = make(Growing(admit_after=admit, max_waiting=most))
    keys, waiting = {0}, dict[int, int]()
    for ids in batches:
        for key in ids:
            if key in keys:
                continue
            while admit > 1 and key not in waiting and len(waiting) == most:
                waiting = {each: count // 2 for each, count in waiting.items() if count > 1}
            waiting[key] = waiting.get(key, 0) + 1
            if waiting[key] == admit:
                del waiting[key]
                keys.add(key)
        tables.look_up(of_ids(ids))
        np.testing.assert_array_equal(tables.keys("user"), [0, *sorted(keys - {0})])
        if admit > 1:
            counts = tables.state()["table/user/waiting"] & 255
            assert sorted(counts.tolist()) == sorted(waiting.values())


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(-4, 12), min_size=1, max_size=8), min_size=1, max_size=12), st.sampled_from(["age", "least_used"]))
def test_eviction_takes_the_rows_that_are_worth_least(batches: list[list[int]], evict: str) -> None:
    tables = make(Growing(max_rows=8, evict=evict))  # type: ignore[arg-type]
    marks: dict[int, int] = {}
    for number, ids in enumerate(batches, 1):
        for key in ids:
            if key != 0:
                marks[key] = number if evict == "age" else marks.get(key, 0) + 1
        step(tables, of_ids(ids), number)
        if len(marks) > 8:
            best = sorted(marks, key=lambda key: (marks[key], key))[-7:]
            marks = {key: marks[key] if evict == "age" else marks[key] // 2 for key in best}
        keys = tables.keys("user")
        assert keys is not None
        np.testing.assert_array_equal(keys, [0, *sorted(marks)])
        np.testing.assert_array_equal(tables.state()["table/user/marks"][1:], [marks[key] for key in sorted(marks)])


def test_a_key_that_comes_back_begins_anew() -> None:
    tables = make(Growing(max_rows=2))
    first = tables.look_up(of_ids([1])).inputs["pooled"][0, 0]
    for users in ([1], [2], [3]):
        step(tables, of_ids(users))
    np.testing.assert_array_equal(tables.keys("user"), [0, 3])
    np.testing.assert_array_equal(tables.look_up(of_ids([1])).inputs["pooled"][0, 0], first)
    assert (tables.state()["table/user/sum"][1] == 0).all()


def test_rows_that_changed_hands_are_not_updated() -> None:
    tables = make(Growing(max_rows=2))
    early = tables.look_up(of_ids([1]))
    step(tables, of_ids([2, 3, 4]))
    with pytest.raises(ValueError, match="before rows changed hands"):
        tables.update(early, random_gradients(early, 0))
    for_scores = tables.look_up(of_ids([1]), learn=False)
    with pytest.raises(ValueError, match="without `learn`"):
        tables.update(for_scores, random_gradients(for_scores, 0))


RULES = [Growing(), Growing(admit_after=2, max_waiting=30), Growing(max_rows=30), Growing(2, 30, "least_used", 30)]


@pytest.mark.parametrize("optimizer", ROW_OPTIMIZERS)
@pytest.mark.parametrize("rule", RULES)
def test_a_loaded_state_goes_on_as_the_first_would_have(rule: Growing, optimizer: str) -> None:
    random, first, other = np.random.default_rng(4), make(rule, optimizer), make(rule, optimizer)
    for number in range(6):
        step(first, random_batch(random, 60), number)
        step(other, random_batch(random, 99), number)
    state = {name: value.copy() for name, value in first.state().items()}
    assert sorted(other.load(state)) == sorted(state)
    for number in range(6):
        batch = random_batch(random, 80)
        step(first, batch, number)
        step(other, batch, number)
    expected = first.state()
    for name, value in other.state().items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


@pytest.mark.parametrize("rule", RULES)
def test_results_do_not_depend_on_the_number_of_threads(rule: Growing) -> None:
    states = []
    for threads in (1, 2):
        random, tables = np.random.default_rng(5), make(rule, threads=threads)
        for number in range(8):
            step(tables, random_batch(random, 80), number)
        states.append(tables.state())
    for name, value in states[0].items():
        np.testing.assert_array_equal(states[1][name], value, err_msg=name)


def test_parts_of_a_state_are_taken_as_far_as_they_fit() -> None:
    tables, other = make(), make(Growing(admit_after=2, max_rows=9), "adam")
    step(tables, of_ids([4, 2]))
    taken = other.load(tables.state())
    assert "table/user" in taken and "table/user/keys" in taken and "table/user/sum" not in taken
    np.testing.assert_array_equal(other.keys("user"), [0, 2, 4])
    np.testing.assert_array_equal(other.values("user"), tables.values("user"))
    assert (other.state()["table/user/first_moment"] == 0).all()
    lone = {"table/user": np.zeros((2, WIDTH), dtype=np.float32)}
    assert other.load(lone) == []
    np.testing.assert_array_equal(other.keys("user"), [0, 2, 4])


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("admit_after", 256, "between 1 and 255"),
        ("max_rows", 0, "at least 1"),
        ("evict", "x", "age, least_used"),
        ("max_waiting", 0, "at least 1"),
    ],
)
def test_rules_without_sense_are_told(field: str, value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Growing(**{field: value})  # type: ignore[arg-type]
