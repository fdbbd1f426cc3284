"""Machine code of several processes can meet in one: names of compiled functions say all that is in them."""

from __future__ import annotations

import collections
from collections.abc import Callable

from feature_dsl.machine import warm
from feature_dsl.machine.loading import READERS, loader
from feature_dsl.machine.naming import with_own_name


def _closing_over(value: object) -> Callable[[], object]:
    def function() -> object:
        return value

    with_own_name(function)
    return function


def test_functions_of_one_factory_have_names_by_what_they_close_over() -> None:
    one, same, other = (_closing_over(_closing_over(value)).__qualname__ for value in (1, 1, 2))
    assert one == same != other
    assert other.startswith("_closing_over.<locals>.function_")


def test_a_name_is_given_once() -> None:
    function = _closing_over("a")
    name = function.__qualname__
    with_own_name(function)
    assert function.__qualname__ == name


def test_no_two_kernels_share_a_name() -> None:
    variants = [loader(name) for name in READERS]
    variants += [variant for kernel in warm.kernels().values() for variant in kernel.variants.values()]
    users: dict[tuple[str, str], set[tuple[str, str]]] = collections.defaultdict(set)
    for variant in variants:
        with_own_name(variant.function)
        users[variant.function.__module__, variant.function.__qualname__].add((variant.home.__module__, variant.name))
    assert {name: found for name, found in users.items() if len(found) > 1} == {}
