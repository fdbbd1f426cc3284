"""The `mlp` command: quick help, artifacts on the screen, and a `clean` that removes nothing but our own."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from airflow_mlp import cli
from mlp_core.artifacts import Entry, Identity, Maker, begin, publish
from mlp_core.home import make_home

ARTIFACT_COMMANDS = ("ls", "show", "verify", "prune")


def run(*arguments: str) -> Result:
    """Run `mlp` in this process, on a screen of 200 columns."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(cli.main, list(arguments))


@dataclass(frozen=True)
class Made:
    """A home with one artifact of each kind that commands show in their own way, and an attempt that nobody published."""

    home: Path
    table: str
    reference: str
    report: str
    deployment: str
    unfinished: str


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    home = tmp_path / "home"
    monkeypatch.setenv("MLP_HOME", str(home))
    monkeypatch.delenv("MLP_ARTIFACT_ROOT", raising=False)
    make_home()
    root = (home / "artifacts").as_uri()
    maker = Maker(dag_id="daily", run_id="r1", task_id="features", try_number=2)

    def identity(operation: str) -> Identity:
        return Identity(operation=operation, version=1, partition="dt=2000-11-20")

    with publish(kind="table", step="features", root=root, identity=identity("features"), maker=maker) as table:
        table.write_table(pa.table({"user": [f"u{n}" for n in range(30)], "note": ["x" * 100] * 30}))
    entry = Entry(partition="dt=2000-11-20", uri=table.uri, digest=table.artifact.digest, rows=30)
    with publish(kind="reference", step="features.list", root=root, identity=identity("list"), maker=maker) as reference:
        reference.add_entries([entry])
    with publish(kind="report", step="evaluate", root=root, identity=identity("evaluate"), maker=maker) as report:
        report.write_json("report.json", {"measures": {"auc": 0.8125}})
    with publish(kind="deployment", step="deploy", root=root, identity=identity("deploy"), maker=maker) as deployment:
        deployment.write_json("deployment.json", {"name": "ctr", "version": "3"})
    unfinished = begin(kind="table", step="features", root=root, identity=identity("features"), maker=maker)
    return Made(home, table.uri, reference.uri, report.uri, deployment.uri, unfinished.uri)


def every_help() -> list[list[str]]:
    return [["--help"], *([name, "--help"] for name in cli.COMMANDS), *(["artifacts", name, "--help"] for name in ARTIFACT_COMMANDS)]


@pytest.mark.parametrize("arguments", every_help(), ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    # What makes help slow is what it imports: a time would depend on the machine.
    program = (
        "import sys\n"
        "from airflow_mlp.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print([name for name in ('airflow', 'pyspark', 'torch', 'numba', 'onnxruntime', 'tritonclient') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_says_what_it_does() -> None:
    listed = run("--help").output
    for name, line in cli.COMMANDS.items():
        assert name in listed
        assert line in listed
        assert importlib.import_module(f"airflow_mlp.commands.{name}").__doc__


def test_an_unknown_command_is_told() -> None:
    done = run("demos")
    assert done.exit_code == 2
    assert "No such command 'demos'" in done.output


def test_ls_lists_what_is_published(made: Made) -> None:
    lines = run("artifacts", "ls").output.splitlines()
    assert lines[-1] == "4 artifacts"
    (table,) = [line for line in lines if line.startswith("features ")]
    assert "dt=2000-11-20" in table
    assert "30 rows" in table
    assert table.endswith(made.table)
    assert made.unfinished not in "\n".join(lines)


@pytest.mark.parametrize(
    ("filters", "count"), [(["--step", "evaluate"], 1), (["--partition", "dt=2000-11-20"], 4), (["--partition", "dt=2000-11-21"], 0)]
)
def test_ls_filters(made: Made, filters: list[str], count: int) -> None:
    assert run("artifacts", "ls", *filters).output.splitlines()[-1] == f"{count} artifacts"


def test_ls_of_a_root_that_is_not_there_is_empty(tmp_path: Path) -> None:
    done = run("artifacts", "ls", "--root", str(tmp_path / "nowhere"))
    assert (done.exit_code, done.output) == (0, "0 artifacts\n")


def test_show_a_table(made: Made) -> None:
    shown = run("artifacts", "show", made.table, "--rows", "5").output
    assert "table of step features, dt=2000-11-20" in shown
    assert "by daily/features, run r1, try 2" in shown
    assert "first 5 of 30 rows" in shown
    assert "u4" in shown
    assert "u5" not in shown
    assert "x" * 41 not in shown, "long values are cut"


def test_show_a_reference(made: Made) -> None:
    shown = run("artifacts", "show", made.reference).output
    assert "1 partitions" in shown
    assert "dt=2000-11-20" in shown


def test_show_a_report(made: Made) -> None:
    shown = run("artifacts", "show", made.report).output
    assert "report.json" in shown
    assert json.loads(shown[shown.index("{") :]) == {"measures": {"auc": 0.8125}}


def test_show_a_deployment(made: Made) -> None:
    shown = run("artifacts", "show", made.deployment).output
    assert json.loads(shown[shown.index("{") :]) == {"name": "ctr", "version": "3"}


def test_show_no_rows(made: Made) -> None:
    shown = run("artifacts", "show", made.table, "--rows", "0").output
    assert "first 0 of 30" in shown
    assert "u0" not in shown
    assert "dt=2000-11-20" not in run("artifacts", "show", made.reference, "--rows", "0").output.partition("1 partitions")[2]
    assert run("artifacts", "show", made.table, "--rows", "-1").exit_code == 2


def test_brackets_in_data_are_no_markup(made: Made) -> None:
    root = (made.home / "artifacts").as_uri()
    identity = Identity(operation="odd", version=1, partition="dt=2000-11-20")
    with publish(kind="table", step="odd", root=root, identity=identity) as odd:
        odd.write_table(pa.table({"[bold]title": ["[/red] :cat: [i]Alien[/i]"]}))
    shown = run("artifacts", "show", odd.uri)
    assert shown.exit_code == 0, shown.exception
    assert "[/red] :cat: [i]Alien[/i]" in shown.output
    assert "[bold]title" in shown.output


@pytest.mark.parametrize("command", ["show", "verify"])
def test_what_is_no_artifact_is_one_sentence(made: Made, command: str) -> None:
    done = run("artifacts", command, made.unfinished)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert made.unfinished in done.output
    assert len(done.output.splitlines()) == 1


def test_verify_finds_a_changed_byte(made: Made) -> None:
    assert "is as it was published (1 files, 30 rows)" in run("artifacts", "verify", made.table).output
    (part,) = Path(made.table.removeprefix("file://")).glob("*.parquet")
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    done = run("artifacts", "verify", made.table)
    assert done.exit_code == 1
    assert part.name in done.output


def test_prune_takes_old_unfinished_attempts_alone(made: Made) -> None:
    nothing = "0 unfinished attempts and 0 folders of failed jobs removed\n"
    assert run("artifacts", "prune").output == nothing, "an attempt of now may be written to"
    done = run("artifacts", "prune", "--older-than", "-1")
    assert done.output.splitlines() == [made.unfinished, "1 unfinished attempts and 0 folders of failed jobs removed"]
    assert run("artifacts", "ls").output.splitlines()[-1] == "4 artifacts"


def test_prune_leaves_foreign_folders_alone(made: Made) -> None:
    photos = made.home / "artifacts" / "photos" / "2026" / "summer" / "beach"
    photos.mkdir(parents=True)
    done = run("artifacts", "prune", "--older-than", "-1")
    assert (done.exit_code, done.output.splitlines()[:-1]) == (0, [made.unfinished])
    assert photos.exists()


@pytest.mark.parametrize("command", ["ls", "prune"])
def test_a_root_that_cannot_be_is_one_sentence(made: Made, command: str) -> None:
    done = run("artifacts", command, "--root", "ftp://there/artifacts")
    assert done.exit_code == 1
    assert done.output.startswith("Error: the URI 'ftp://there/artifacts' has the unknown scheme 'ftp'")


def test_clean_removes_the_home_when_told_to(made: Made) -> None:
    done = run("clean", "--yes")
    assert done.exit_code == 0
    assert not made.home.exists()
    assert "nothing to remove" in run("clean", "--yes").output


def test_clean_of_a_link_removes_what_it_leads_to(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "link"
    link.symlink_to(made.home)
    monkeypatch.setenv("MLP_HOME", str(link))
    assert run("clean", "--yes").exit_code == 0
    assert not made.home.exists()
    assert not link.is_symlink()


def test_clean_tells_when_triton_cannot_be_stopped(made: Made) -> None:
    (made.home / "serve").mkdir()
    (made.home / "serve" / "triton.json").write_text("{")
    done = run("clean", "--yes")
    assert done.exit_code == 1
    assert done.output.startswith("Error: the pid file")
    assert made.home.exists()


def test_clean_asks_first(made: Made) -> None:
    done = CliRunner().invoke(cli.main, ["clean"], input="n\n")
    assert done.exit_code == 1
    assert f"Remove {made.home} and all that is in it?" in done.output
    assert made.home.exists()


def test_clean_leaves_a_folder_that_is_not_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = tmp_path / "documents"
    for name in ("airflow", "artifacts"):
        (letters / name).mkdir(parents=True)
    (letters / "letter.txt").write_text("dear")
    monkeypatch.setenv("MLP_HOME", str(letters))
    done = run("clean", "--yes")
    assert done.exit_code == 1
    assert "was not made by mlp" in done.output
    assert (letters / "letter.txt").exists()


def test_serve_tells_that_nothing_runs(made: Made) -> None:
    assert run("serve", "status").output.startswith("Triton is stopped")


def test_a_date_that_is_none_is_told_before_anything_starts(made: Made) -> None:
    done = run("demo", "--date", "20.11.2000")
    assert done.exit_code == 2
    assert "'20.11.2000' is not a date like 2000-11-20" in done.output


def test_the_age_of_an_attempt_is_in_hours(made: Made) -> None:
    # An attempt's folder begins with the time when it was begun.
    folder = Path(made.unfinished.removeprefix("file://"))
    long_ago = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=25)).strftime("%Y%m%dT%H%M%S")
    folder.rename(folder.with_name(f"{long_ago}-{folder.name.partition('-')[2]}"))
    assert run("artifacts", "prune").output.splitlines()[-1] == "1 unfinished attempts and 0 folders of failed jobs removed"
