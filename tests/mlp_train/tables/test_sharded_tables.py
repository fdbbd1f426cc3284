"""Tables in parts beside the same tables in one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from mlp_train.data.batches import Batch, Lists
from mlp_train.tables import ROW_OPTIMIZERS, Embedded, Exchange, Growing, Part, ShardedTables, Tables, make_sharded_tables, make_tables
from mlp_train.tables.collecting import collect, join

from .parts import Array, together
from .plain import DEVIATION, SHAPE, WIDTH, batch_of, random_gradients

Sizes = Mapping[str, int | None]
FIXED: Sizes = {"user": 7, "item": 11, "tag": 2}
MIXED: Sizes = {"user": None, "item": 11, "tag": None}
RULE = Growing(admit_after=3)
STEPS = 5


def random_batches(part: int, rows: int = 12) -> list[Batch]:
    random = np.random.default_rng(part)
    names = np.concatenate([np.arange(-1, 14), [2**53 + 1, -(2**63)]])
    found = []
    for _ in range(STEPS):
        columns = [random.choice(names, rows).tolist() for _ in range(3)]
        lists = [[random.choice(names, random.integers(0, 4)).tolist() for _ in range(rows)] for _ in range(2)]
        found.append(batch_of(columns, lists))
    return found


def joined(batches: Sequence[Batch]) -> Batch:
    lists = tuple(
        Lists(
            np.concatenate([each.lists[at].ids for each in batches]),
            np.concatenate([[0], np.cumsum(np.concatenate([np.diff(each.lists[at].offsets) for each in batches]))]),
        )
        for at in range(2)
    )
    dense, labels = (np.concatenate([getattr(each, name) for each in batches]) for name in ("dense", "labels"))
    return Batch(np.concatenate([each.ids for each in batches]), lists, dense, labels)


def whole(sizes: Sizes, optimizer: str) -> Tables:
    return make_tables(SHAPE, sizes, WIDTH, DEVIATION, ROW_OPTIMIZERS[optimizer](0.1, l2=0.01), 3, 1, RULE)


def part_of(sizes: Sizes, optimizer: str, part: Part, exchange: Exchange) -> ShardedTables:
    plan = (SHAPE, sizes, WIDTH, DEVIATION, ROW_OPTIMIZERS[optimizer](0.1, l2=0.01), 3, 2, RULE)
    return make_sharded_tables(*plan, part=part, exchange=exchange)


def cut(gradients: Mapping[str, Array], embedded: Embedded, rows: slice) -> dict[str, Array]:
    """A part's gradients: its rows, and its own batch's longest sequence."""
    return {name: np.ascontiguousarray(value[rows, : embedded.inputs[name].shape[1]]) for name, value in gradients.items()}


def states_of(sizes: Sizes, optimizer: str, count: int) -> list[dict[str, Array]]:
    def work(number: int, exchange: Exchange) -> dict[str, Array]:
        tables = part_of(sizes, optimizer, Part(number, count), exchange)
        for batch in random_batches(number):
            tables.update(embedded := tables.look_up(batch), random_gradients(embedded, number))
        return {name: value.copy() for name, value in tables.state().items()}

    return together(count, work)


@pytest.mark.parametrize("sizes", [FIXED, MIXED], ids=["fixed", "mixed"])
@pytest.mark.parametrize(("count", "optimizer"), [(2, "adagrad"), (3, "adam"), (4, "rowwise_adagrad")])
def test_parts_learn_what_one_process_learns_from_all_their_batches(sizes: Sizes, count: int, optimizer: str, tmp_path: Path) -> None:
    batches = [random_batches(part) for part in range(count)]
    one = whole(sizes, optimizer)
    gradients, looked_up = [], []
    for step in range(STEPS):
        embedded = one.look_up(joined([each[step] for each in batches]))
        looked_up.append(embedded.inputs)
        gradients.append(random_gradients(embedded, step))
        one.update(embedded, {name: value / count for name, value in gradients[-1].items()}, 0.5)
    scored = one.look_up(random_batches(99)[0], learn=False).inputs

    def work(number: int, exchange: Exchange) -> dict[str, Array]:
        tables = part_of(sizes, optimizer, Part(number, count), exchange)
        for step, batch in enumerate(batches[number]):
            rows = slice(number * batch.rows, (number + 1) * batch.rows)
            embedded = tables.look_up(batch, said=step if number == count - 1 else 0)
            assert embedded.heard == step
            for name, value in embedded.inputs.items():
                np.testing.assert_allclose(value, looked_up[step][name][rows, : value.shape[1]], atol=1e-5, err_msg=name)
            tables.update(embedded, cut(gradients[step], embedded, rows), 0.5)
        if number > 0:
            tables.serve(1)
        else:
            for name, value in tables.look_up(random_batches(99)[0], learn=False).inputs.items():
                np.testing.assert_allclose(value, scored[name], atol=1e-5, err_msg=name)
        return collect(tables, tmp_path)

    together_states = together(count, work)
    assert together_states[1:] == [{}] * (count - 1)
    expected = one.state()
    assert together_states[0].keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(together_states[0][name], value, atol=1e-5, err_msg=name)


def test_a_part_holds_its_share_of_the_rows_with_the_first_values_of_the_whole() -> None:
    one = whole({"user": 1000, "item": 5, "tag": 1}, "adagrad")
    for number in range(3):
        part = part_of({"user": 1000, "item": 5, "tag": 1}, "adagrad", Part(number, 3), lambda rows, send, receive: rows)
        assert len(part.values("user")) == (334 if number == 0 else 333)
        for name in one.names:
            np.testing.assert_array_equal(part.values(name), one.values(name)[number::3])


@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
@pytest.mark.parametrize(("before", "after"), [(4, 2), (2, 1), (1, 3), (2, 3), (2, 2)])
def test_a_state_is_dealt_again_to_any_number_of_parts(before: int, after: int, optimizer: str, tmp_path: Path) -> None:
    states = states_of(MIXED, optimizer, before)

    def load(number: int, exchange: Exchange) -> dict[str, Array]:
        tables = part_of(MIXED, optimizer, Part(number, after), exchange)
        assert set(tables.load(*states)) == set(tables.state())
        return collect(tables, tmp_path)

    def keep(number: int, exchange: Exchange) -> dict[str, Array]:
        tables = part_of(MIXED, optimizer, Part(number, before), exchange)
        tables.load(*states)
        return collect(tables, tmp_path)

    dealt, kept = together(after, load)[0], together(before, keep)[0]
    assert dealt.keys() == kept.keys()
    joined_states = join(states)
    assert joined_states.keys() == kept.keys()
    for name, value in kept.items():
        np.testing.assert_array_equal(dealt[name], value, err_msg=name)
        np.testing.assert_array_equal(joined_states[name], value, err_msg=name)


def test_a_part_has_its_share_of_the_bound(tmp_path: Path) -> None:
    def work(number: int, exchange: Exchange) -> int:
        rule = Growing(max_rows=64, evict="least_used")
        plan = (SHAPE, dict.fromkeys(FIXED), WIDTH, DEVIATION, ROW_OPTIMIZERS["adagrad"](0.1), 3, 1, rule)
        tables = make_sharded_tables(*plan, part=Part(number, 2), exchange=exchange)
        random = np.random.default_rng(number)
        for _ in range(5):
            users = random.integers(1, 2**40, 60).tolist()
            embedded = tables.look_up(batch_of([users, [1] * 60, [2] * 60], [[[]] * 60] * 2))
            tables.update(embedded, random_gradients(embedded, 1))
        keys = tables.keys("user")
        assert keys is not None
        return len(keys) - 1

    held = together(2, work)
    assert all(28 <= rows <= 32 for rows in held)
