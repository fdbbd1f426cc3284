"""Training as a process: being told to stop, being killed, and programs of one's own."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

from mlp_core.artifacts import Artifact

from .conftest import MakeSpec, train
from .processes import last, start


def test_sigterm_ends_training_at_once_and_publishes_nothing(make_spec: MakeSpec, tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_bytes(make_spec(epochs=100_000).to_json())
    process = start(job)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "epoch":
            break
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert time.monotonic() - asked < 5
    assert process.returncode == 143
    assert last(output) == {"event": "terminated", "signal": "SIGTERM"}
    assert not (tmp_path / "out").exists()


def test_a_script_takes_the_place_of_an_algorithm(make_spec: MakeSpec, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import json, os, sys\n"
        "spec = json.load(open(os.environ['MLP_SPEC']))\n"
        "cpu = json.loads(os.environ['MLP_RESOURCES'])['cpu']\n"
        "print(json.dumps({'event': 'done', 'name': spec['name'], 'cpu': cpu, 'rank': os.environ['RANK']}))\n"
    )
    job = tmp_path / "job.json"
    job.write_bytes(make_spec(algorithm=None, script="own.py", params={}).to_json())
    process = start(job, RANK="0")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert last(output) == {"event": "done", "name": "ctr", "cpu": 1, "rank": "0"}


def test_the_command_publishes_what_the_function_does(make_spec: MakeSpec, tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_bytes(make_spec(epochs=1).to_json())
    process = start(job)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert errors == ""
    done = last(output)
    here = train(make_spec(epochs=1, output=str(tmp_path / "here")))
    assert Artifact.load(done["bundle"]).digest == Artifact.load(here["bundle"]).digest


def test_a_killed_training_goes_on_from_its_checkpoint_to_the_same_bits(make_spec: MakeSpec, tmp_path: Path) -> None:
    whole = train(make_spec(epochs=6, params={"learning_rate": 0.05, "hidden": [8], "dropout": 0.2, "patience": 0}))
    changes: dict[str, Any] = {"params": {"learning_rate": 0.05, "hidden": [8], "dropout": 0.2, "patience": 0}, "epochs": 6}
    spec = make_spec(output=str(tmp_path / "again"), checkpoints=str(tmp_path / "moments"), checkpoint_seconds=1e-3, **changes)
    job = tmp_path / "job.json"
    job.write_bytes(spec.to_json())
    killed = start(job)
    assert killed.stdout is not None
    saved = (line for line in killed.stdout if '"checkpoint"' in line and '"step":3' in line)
    next(saved)
    killed.kill()
    killed.communicate(timeout=30)
    output, errors = start(job).communicate(timeout=120)
    lines = [json.loads(line) for line in output.splitlines()]
    assert lines[0]["event"] == "resumed" and lines[0]["step"] >= 2, errors
    assert lines[-1]["event"] == "done", errors
    assert Artifact.load(lines[-1]["bundle"]).digest == Artifact.load(whole["bundle"]).digest
    assert not (tmp_path / "moments" / "progress").exists()


def test_sigterm_saves_where_there_are_checkpoints(make_spec: MakeSpec, tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_bytes(make_spec(epochs=100_000, params={"patience": 0}, checkpoints=str(tmp_path / "moments")).to_json())
    process = start(job)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "epoch":
            break
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    saved, ended = [json.loads(line) for line in output.splitlines()][-2:]
    assert (saved["event"], ended) == ("checkpoint", {"event": "terminated", "signal": "SIGTERM"})
    assert process.returncode == 143
    again = start(job)
    assert again.stdout is not None
    resumed = json.loads(again.stdout.readline())
    assert (resumed["event"], resumed["step"]) == ("resumed", saved["step"])
    again.kill()
    again.communicate(timeout=30)
