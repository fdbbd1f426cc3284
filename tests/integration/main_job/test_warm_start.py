"""The Dag's Param `warm_start`: go on from the deployed model, on the days that it has not seen."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from mlp_core.artifacts import Artifact

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NEXT_DAY = "2000-11-22"


def test_the_parent_is_the_last_deployed_model(synthetic: Any) -> None:
    conf = json.dumps({"warm_start": "parent"})
    command = [sys.executable, "-m", "airflow_mlp.demo.dag_run", "dags_examples.movielens_daily", conf, NEXT_DAY]
    try:
        done = subprocess.run(command, env=synthetic.home.env, capture_output=True, text=True, check=False)
    finally:
        synthetic.home.mlp("serve", "stop")
    (report,) = [json.loads(line.removeprefix("::mlp:: "))["report"] for line in done.stdout.splitlines() if '"event": "report"' in line]
    assert report["steps"]["train"]["state"] == "success", done.stdout[-4000:]
    deployed = [run for run in synthetic.report["dates"].values() if run["promoted"]]
    parent = deployed[-1]["steps"]["train"]["artifact"]
    child = Artifact.load(report["steps"]["train"]["artifact"])
    assert child.read_json("model.json")["parent"] == Artifact.load(parent).digest
    assert parent in [item.uri for item in child.manifest.inputs]
    parent_window, window = (Artifact.load(uri).read_json("model.json")["data"] for uri in (parent, child.uri))
    # Only newer days were learned: the window goes on from the parent's.
    assert window["start"] == parent_window["start"]
    assert parent_window["end"] < window["end"] == "2000-11-21"
