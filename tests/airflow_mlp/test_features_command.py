"""`mlp features`: runs without Airflow, says what is wrong where, and prints for people and for programs."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import feature_dsl
from airflow_mlp import cli
from mlp_core.artifacts import Identity, Maker, publish

FEATURES = """version: 1
domains:
  user: {key: user_id, columns: {user_id: utf8, age: utf8}}
features:
  - {name: age_bucket, kind: enum_feature, source: age, values: ["NULL", "00", "10"], default: 0}
  - {name: uid, kind: id_feature, source: user_id, hash_buckets: 1000}
  - {name: age_x_uid, kind: cross_feature, inputs: [age_bucket, uid], hash_buckets: 5000}
"""
COMMANDS = ("check", "show", "explain", "run", "profile", "diff", "stats", "init")
# A stand-in for an environment that holds neither Airflow nor what it or training would bring.
WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("airflow", "pyspark", "torch", "tensorflow", "kubernetes", "onnxruntime"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
sys.argv[0] = "mlp"
from airflow_mlp.cli import main
main()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "features.yaml").write_text(FEATURES, encoding="utf-8")
    table = pa.table({"user_id": [f"u{n % 9}" for n in range(100)], "age": [[None, "00", "10", "x"][n % 4] for n in range(100)]})
    pq.write_table(table, tmp_path / "rows.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    return tmp_path


def run(*arguments: str, width: int = 200) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(cli.main, ["features", *arguments], catch_exceptions=False)


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT, "features", *arguments], capture_output=True, text=True, check=False)


def test_every_tool_runs_where_airflow_is_not_installed(folder: Path) -> None:
    table = ["--input", "rows.parquet"]
    for arguments in (
        ["init", "rows.parquet", "--output", "first.yaml"], ["check", "first.yaml", "features.yaml", *table], ["show", "features.yaml"],
        ["explain", "first.yaml"], ["run", "first.yaml", *table], ["profile", "features.yaml", *table], ["stats", "first.yaml", *table],
    ):  # fmt: skip
        done = alone(*arguments)
        assert done.returncode == 0, done
    assert alone("diff", "features.yaml", "first.yaml").returncode == 1
    imported = subprocess.run(
        [sys.executable, "-c", WITHOUT.replace("main()\n", "import airflow\n")], capture_output=True, text=True, check=False
    )
    assert "No module named 'airflow'" in imported.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_with_an_example(command: str) -> None:
    shown = run(command, "--help").output
    assert f"Example:\n    mlp features {command} " in shown


def test_check_prints_as_a_compiler_does(folder: Path) -> None:
    (folder / "bad.yaml").write_text(FEATURES.replace("source: age,", "source: agee,").replace("kind: id_feature", "kind: id_featrue"))
    done = run("check", "bad.yaml")
    assert done.exit_code == 1
    assert done.output == (
        "bad.yaml:6:23: error: there is no kind 'id_featrue'\n"
        "    6 |   - {name: uid, kind: id_featrue, source: user_id, hash_buckets: 1000}\n"
        "      |                       ^\n"
        "      | hint: did you mean 'id_feature'?\n"
        "bad.yaml: 1 error, 0 warnings\n"
    )
    assert run("check", "features.yaml").output == "features.yaml: 3 features\n"


def test_warnings_leave_the_exit_code_alone(folder: Path) -> None:
    (folder / "doubt.yaml").write_text(FEATURES.replace("default: 0", "default: 2"))
    done = run("check", "doubt.yaml")
    assert done.exit_code == 0
    assert (
        "doubt.yaml:5:5: warning: age_bucket: values that are missing or unknown get position 2, which is also that of '10'" in done.output
    )
    assert done.output.endswith("doubt.yaml: 3 features, 1 warning\n")


def test_check_against_data(folder: Path) -> None:
    pq.write_table(pa.table({"user_id": [1], "age": ["a"]}), folder / "other.parquet")
    done = run("check", "features.yaml", "--input", "other.parquet")
    assert done.exit_code == 1
    assert "features.yaml:6:43: error: uid: the column 'user_id' is int64 in the data, but declared as utf8" in done.output


def test_show_prints_scripts_that_are_the_same_plan(folder: Path) -> None:
    assert run("show", "features.yaml", "uid").output == (
        'def meta(){ initArray(1, 0) }\ndef main(){\n  array(hash_bucket(x("user_id"), 1000))\n}\n'
    )
    again = feature_dsl.load(run("show", "features.yaml").output).compile()
    assert again.fingerprint == feature_dsl.load("features.yaml").compile().fingerprint
    done = run("show", "features.yaml", "uidd")
    assert (done.exit_code, done.output) == (1, "features.yaml: error: there is no feature 'uidd'\n  hint: did you mean 'uid'?\n")


def test_run_prints_for_programs(folder: Path) -> None:
    expected = feature_dsl.load("features.yaml").compile().run(pq.read_table("rows.parquet").slice(0, 5)).to_pylist()
    lines = run("run", "features.yaml", "--input", "rows.parquet", "--head", "5", "--format", "json").output.splitlines()
    assert [json.loads(line) for line in lines] == expected
    table = list(
        csv.DictReader(run("run", "features.yaml", "--input", "rows.parquet", "--head", "5", "--format", "csv").output.splitlines())
    )
    assert [{name: int(value) for name, value in row.items()} for row in table] == expected
    shown = run("run", "features.yaml", "--input", "rows.parquet", "--head", "5").output
    assert all(str(row["uid"]) in shown for row in expected)


def test_inputs_are_files_artifacts_and_tables_of_the_warehouse(folder: Path) -> None:
    table = pq.read_table("rows.parquet")
    identity, maker = Identity(operation="x", version=1, partition="dt=2000-11-20"), Maker()
    with publish(kind="table", step="x", root=(folder / "artifacts").as_uri(), identity=identity, maker=maker) as attempt:
        attempt.write_table(table)
    warehouse = folder / "home" / "warehouse" / "behaviour" / "dt=2000-11-20"
    warehouse.mkdir(parents=True)
    pq.write_table(table, warehouse / "part-0.parquet")
    expected = run("stats", "features.yaml", "--input", "rows.parquet", "--format", "json").output
    assert len(expected.splitlines()) == 3
    for source in (attempt.uri, attempt.uri.removeprefix("file://"), "behaviour", (folder / "rows.parquet").as_uri()):
        done = run("stats", "features.yaml", "--input", source, "--format", "json")
        assert (done.exit_code, done.output) == (0, expected)
    assert "  user: {key: user_id, columns: {user_id: utf8}}" in run("init", "behaviour").output


def test_stats_for_people_and_for_programs(folder: Path) -> None:
    shown = run("stats", "features.yaml", "--input", "rows.parquet").output
    (line,) = [line for line in shown.splitlines() if line.split()[:1] == ["age_bucket"]]
    assert line.split()[1:] == ["25", "%", "3", "100", "%", "33.3", "%", "0", "0.75", "2"]
    first = json.loads(run("stats", "features.yaml", "--input", "rows.parquet", "--format", "json").output.splitlines()[0])
    assert (first["name"], first["missing"], first["distinct"], first["exact"]) == ("age_bucket", 0.25, 3, True)


def test_profile_says_rows_a_second(folder: Path) -> None:
    shown = run("profile", "features.yaml", "--input", "rows.parquet").output
    assert "per operation" in shown and "per feature" in shown and "rows/s" in shown


def test_diff_tells_by_its_exit_code(folder: Path) -> None:
    (folder / "new.yaml").write_text(FEATURES.replace("1000", "2000"))
    done = run("diff", "features.yaml", "new.yaml", "--format", "json")
    assert done.exit_code == 1
    assert json.loads(done.output.splitlines()[0]) == {
        "feature": "uid", "becomes": "changed", "why": "hash_bucket: 2000, was 1000; cardinality: 1000 → 2000",
    }  # fmt: skip
    same = run("diff", "features.yaml", "features.yaml")
    assert (same.exit_code, same.output) == (0, "no feature differs\n")
    assert run("diff", "features.yaml", "nowhere.yaml").exit_code == 2


def test_mistakes_are_sentences(folder: Path) -> None:
    assert "no such file, folder or table" in run("stats", "features.yaml", "--input", "nowhere").output
    assert run("explain", "nowhere.yaml").output == "nowhere.yaml: error: the feature file cannot be read: No such file or directory\n"
    assert run("init", "features.yaml").exit_code == 1
    run("init", "rows.parquet", "--output", "once.yaml")
    again = run("init", "rows.parquet", "--output", "once.yaml")
    assert (again.exit_code, again.output) == (1, "Error: once.yaml cannot be written: File exists; name another file\n")
    empty = folder / "empty"
    empty.mkdir()
    assert "holds no Parquet and no CSV files" in run("run", "features.yaml", "--input", str(empty)).output
