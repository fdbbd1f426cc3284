"""TensorFlow takes its threads once per process: before the first test of this folder."""

from __future__ import annotations

import pytest

from mlp_train.keras.runtime import prepare

from .toys import CONTEXT


@pytest.fixture(scope="session", autouse=True)
def tensorflow_threads() -> None:
    prepare(CONTEXT.threads, 1)
