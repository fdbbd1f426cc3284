"""What `mlp demo` does when a part of it fails; its parts stand in for themselves, the heavy ones with a word."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from airflow_mlp.demo import data, environment, prerequisites, running, summary
from airflow_mlp.demo.dag_run import EVENT
from airflow_mlp.launchers.base import JobFailed, LauncherError
from airflow_mlp.triton import server
from airflow_mlp.triton.errors import BuildError, ServerError, TritonError

command_module = import_module("airflow_mlp.commands.demo")
ui_module = import_module("airflow_mlp.commands.ui")
STEP = {"state": "success", "rows": 1, "rows_in": 1, "seconds": 0.1, "reused": False, "artifact": None}
NAMES = ("auc", "gauc", "logloss", "calibration", "promoted", "train_rows", "test_rows", "model_version")
RUN = {"state": "success", "steps": {"train": STEP}, **dict.fromkeys(NAMES)}
ANSWER = {"model": "ctr", "version": "2", "request": {"user_id": "u1", "items": 1}, "top": [{"title": "[/b] :cat:", "score": 0.5}]}


class Machine:
    """The demo's heavy parts: every one succeeds unless told otherwise; `events` is what happened in which order."""

    def __init__(self, patch: pytest.MonkeyPatch, home: Path) -> None:
        self._patch = patch
        self.home = home
        self.events: list[str] = []

    def fails(self, module: Any, name: str, error: Exception) -> None:
        def fail(*args: Any, **kwargs: Any) -> NoReturn:
            raise error

        self._patch.setattr(module, name, fail)

    def answers(self, module: Any, name: str, value: Any) -> None:
        def answer(*args: Any, **kwargs: Any) -> Any:
            self.events.append(name)
            return value() if callable(value) else value

        self._patch.setattr(module, name, answer)

    def demo(self) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(command_module.demo, ["--date", "2000-11-20"])

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "report.json").read_text())
        return found


class _Client:
    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _local() -> Any:
    pointer = SimpleNamespace(champion=SimpleNamespace(version=2))
    return SimpleNamespace(repository=SimpleNamespace(model=lambda name: SimpleNamespace(pointer=pointer)), client=_Client)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    machine = Machine(monkeypatch, tmp_path / "home")
    machine.answers(prerequisites, "check", None)
    machine.answers(data, "prepare", "synthetic")
    machine.answers(data, "check_dates", None)
    machine.answers(environment, "migrate", None)
    machine.answers(running, "run_dates", lambda: {"2000-11-20": RUN})
    machine.answers(command_module, "make_class_archive", None)
    machine.answers(command_module, "ensure", _local)
    machine.answers(command_module.serving, "ask", ANSWER)
    machine.answers(server, "stop", None)
    return machine


def test_the_server_of_now_is_asked(machine: Machine) -> None:
    done = machine.demo()
    assert done.exit_code == 0, done.output
    assert machine.events[-5:] == ["ensure", "run_dates", "ensure", "ask", "stop"]
    assert machine.report()["serving"] == ANSWER
    assert (machine.home / ".mlp-home").exists()


def test_a_model_that_does_not_answer_costs_the_answer_alone(machine: Machine) -> None:
    machine.fails(command_module.serving, "ask", TritonError("Triton at 127.0.0.1:1 does not answer"))
    done = machine.demo()
    assert done.exit_code == 1
    (warning,) = [line for line in done.output.splitlines() if line.startswith("warning: ")]
    assert warning.endswith("Triton at 127.0.0.1:1 does not answer")
    assert machine.report()["dates"] == {"2000-11-20": RUN}
    assert "serving" not in machine.report()
    assert machine.events[-1] == "stop"


def test_a_server_that_does_not_stop_is_told_after_the_report(machine: Machine) -> None:
    machine.fails(server, "stop", ServerError("it goes on"))
    done = machine.demo()
    assert "warning: it goes on" in done.output
    assert machine.report()["serving"] == ANSWER


def test_without_a_class_archive_it_goes_on(machine: Machine) -> None:
    machine.fails(command_module, "make_class_archive", JobFailed("this Java wrote [no] archive"))
    done = machine.demo()
    assert done.exit_code == 0, done.output
    assert "its jobs start slower: this Java wrote [no] archive" in done.output


@pytest.mark.parametrize(
    ("module", "name", "error", "sentence"),
    [
        (command_module, "make_class_archive", LauncherError("pyspark is not installed"), "pyspark is not installed"),
        (environment, "migrate", environment.MigrationFailed("airflow db migrate failed"), "airflow db migrate failed"),
        (data, "check_dates", data.DataError("2026-01-01 cannot be made"), "2026-01-01 cannot be made"),
        (command_module, "ensure", BuildError("pip could not"), "the first run needs the package index .*: pip could not"),
    ],
    ids=["launcher", "migrate", "dates", "build"],
)
def test_what_ends_the_demo_is_one_sentence(machine: Machine, module: Any, name: str, error: Exception, sentence: str) -> None:
    machine.fails(module, name, error)
    done = machine.demo()
    assert done.exit_code == 1
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    assert re.search(sentence, line)
    assert not (machine.home / "report.json").exists()


def test_the_ui_tells_that_the_database_cannot_be_made(machine: Machine) -> None:
    machine.fails(environment, "migrate", environment.MigrationFailed("airflow db migrate failed"))
    done = CliRunner().invoke(ui_module.ui, [])
    assert (done.exit_code, done.output) == (1, "Error: airflow db migrate failed\n")


def test_a_summary_shows_brackets_as_they_are(machine: Machine) -> None:
    console = Console(record=True, width=200)
    report = {"data": "[/x]", "dates": {"2000-11-20": RUN}, "serving": ANSWER, "seconds": 1.0}
    summary.show(report, console, report_path="/a/[b]/report.json", left_running=False)
    text = console.export_text()
    assert "[/b] :cat:" in text
    assert "on [/x]; the same as JSON: /a/[b]/report.json" in text


def test_an_error_with_brackets_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [
        {"event": "begin", "date": "2000-11-20", "tasks": 1},
        {"event": "failed", "task": "train", "error": "list [/tmp/x] of [red] :cat:"},
        {"event": "report", "date": "2000-11-20", "report": {"state": "failed"}},
    ]

    class Told:
        how = "exit code 1"

        def __init__(self, command: list[str], env: Any) -> None:
            pass

        def run(self, on_line: Callable[[str], None]) -> Told:
            for event in events:
                on_line(EVENT + json.dumps(event))
            return self

    monkeypatch.setattr(running, "Child", Told)
    assert running.run_dates(["2000-11-20"], {}, {}, tmp_path / "demo.log") == {"2000-11-20": {"state": "failed"}}
    assert "train failed: list [/tmp/x] of [red] :cat:" in capsys.readouterr().out
