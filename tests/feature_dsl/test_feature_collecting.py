"""Loading and compiling leave the garbage collector as they found it."""

from __future__ import annotations

import gc

import pytest

import feature_dsl
from feature_dsl.collecting import without_collecting


def test_it_rests_while_a_function_runs_and_comes_back() -> None:
    assert gc.isenabled()
    assert without_collecting(gc.isenabled)() is False
    assert gc.isenabled()


def test_it_comes_back_after_a_mistake() -> None:
    with pytest.raises(feature_dsl.FeatureError):
        feature_dsl.load("{")
    assert gc.isenabled()


def test_who_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        without_collecting(gc.isenabled)()
        assert not gc.isenabled()
    finally:
        gc.enable()
