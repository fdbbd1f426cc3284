"""What operators are given by Airflow, as far as they look at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

TaskContext = Callable[..., Any]


@pytest.fixture
def task_context() -> TaskContext:
    """Makes the context of a try: the day of its partition, the number of the try, and Params."""

    def make(day: str = "2000-11-20", try_number: int = 1, **params: Any) -> Any:
        run = SimpleNamespace(conf={}, partition_date=dt.date.fromisoformat(day), partition_key=None)
        ti = SimpleNamespace(id=f"{day}/{try_number}", dag_id="d", run_id=day, task_id="t", map_index=-1, try_number=try_number)
        ti.pushed = {}
        ti.xcom_push = lambda key, value: ti.pushed.update({key: value})
        return {"ti": ti, "dag_run": run, "params": params}

    return make
