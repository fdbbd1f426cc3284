"""The examples on the operators' pages are Dags that Airflow takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_mlp.sensors.hive_partition import HivePartitionSensor

PAGES = Path(__file__).parents[2] / "docs" / "operators"
EXAMPLES = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in sorted(PAGES.glob("*.md"))
    for number, text in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL))
]


class Samples(HivePartitionSensor):
    """Stands for the step before, which the examples do not repeat."""

    @property
    def outputs(self) -> dict[str, Any]:
        return {"train": self.output, "validation": self.output, "test": self.output}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_makes_tasks_that_serialise(example: str) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    with DAG(dag_id="example", schedule=None) as dag:
        samples = Samples(task_id="samples", table="t")
        exec(compile(example, "example", "exec"), {"samples": samples})
    assert len(dag.tasks) > 1
    assert len(DagSerialization.to_dict(dag)["dag"]["tasks"]) == len(dag.tasks)
