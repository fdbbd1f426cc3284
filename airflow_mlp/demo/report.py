"""What a run has made, read from Airflow's states and from the artifacts that XCom names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlp_core.artifacts import Artifact, ArtifactError, storage

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance


def report_run(run: DagRun) -> dict[str, Any]:
    """The report of one date: the run's state, the size of its data, the model's measures, and every step."""
    outputs = _outputs(run)
    steps = {ti.task_id: _report_step(ti, outputs.get(ti.task_id, {})) for ti in _by_start(run.get_task_instances())}
    report: dict[str, Any] = {"state": str(run.state)}
    report |= _sizes(outputs) | _measures(outputs) | _version(outputs)
    report["steps"] = steps
    return report


def _outputs(run: DagRun) -> dict[str, dict[str, Artifact]]:
    """The artifacts of each task by XCom key."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    found: dict[str, dict[str, Artifact]] = {}
    with create_session() as session:
        rows: Iterable[Any] = session.scalars(XComModel.get_many(run_id=run.run_id, dag_ids=run.dag_id))
        for row in rows:
            value = XComModel.deserialize_value(row)
            # A weak gate passes its upstream's output on; the step that made it is the one to tell of it.
            if isinstance(value, str) and "://" in value and not row.task_id.endswith("__weak"):
                found.setdefault(row.task_id, {})[row.key] = Artifact.load(value)
    return found


def _report_step(ti: TaskInstance, outputs: dict[str, Artifact]) -> dict[str, Any]:
    first = outputs.get("return_value")
    seconds = (ti.end_date - ti.start_date).total_seconds() if ti.start_date and ti.end_date else 0.0
    report: dict[str, Any] = {
        "state": str(ti.state),
        "rows": sum(_rows(artifact) for artifact in outputs.values() if artifact.kind in ("table", "reference")) or _rows(first),
        "rows_in": None if first is None else _rows_in(outputs.values()),
        "seconds": round(seconds, 2),
        "reused": bool(outputs) and not any(_made_by(artifact, ti) for artifact in outputs.values()),
        "artifact": None if first is None else first.uri,
    }
    counts = [_partitions(artifact, ti) for artifact in outputs.values() if "made" in artifact.manifest.statistics]
    if counts:
        report["partitions"] = {"made": sum(made for made, _ in counts), "reused": sum(reused for _, reused in counts)}
    return report


def _made_by(artifact: Artifact, ti: TaskInstance) -> bool:
    return artifact.manifest.maker.instance == str(ti.id)


def _partitions(reference: Artifact, ti: TaskInstance) -> tuple[int, int]:
    if not _made_by(reference, ti):
        return 0, len(reference.entries)
    statistics = reference.manifest.statistics
    return int(statistics["made"]), int(statistics["reused"])


def _rows(artifact: Artifact | None) -> int:
    """Rows of a table or reference; of another artifact those that it was made of, where it tells."""
    if artifact is None:
        return 0
    return _rows_at(artifact.uri) or int(artifact.manifest.statistics.get("rows", 0))


def _rows_in(outputs: Iterable[Artifact]) -> int | None:
    """Rows of all the tables that a step has read, each counted once; None for a step that reads no table."""
    sources = {source.uri for output in outputs for part in _parts(output) for source in part.manifest.inputs}
    counts = [rows for uri in sources if (rows := _rows_at(uri)) is not None]
    return sum(counts) if counts else None


def _parts(output: Artifact) -> list[Artifact]:
    return [Artifact.load(entry.uri) for entry in output.entries if not entry.files] or [output]


@lru_cache(maxsize=4096)
def _rows_at(uri: str) -> int | None:
    try:
        artifact = Artifact.load(uri)
    except ArtifactError:
        return _rows_of_folder(uri)
    if artifact.kind == "reference":
        return artifact.rows or sum(_rows_at(entry.uri) or 0 for entry in artifact.entries)
    return artifact.rows if artifact.kind == "table" else None


def _rows_of_folder(uri: str) -> int | None:
    """Rows by the footers of the Parquet files in a folder that is no artifact; None if it has none."""
    import pyarrow.parquet as pq

    fs, path = storage.filesystem(uri)
    counts = []
    for name in fs.glob(f"{path}/*.parquet"):
        with fs.open(name, "rb") as source:
            counts.append(pq.ParquetFile(source).metadata.num_rows)
    return sum(counts) if counts else None


def _sizes(outputs: dict[str, dict[str, Artifact]]) -> dict[str, Any]:
    for found in outputs.values():
        if {"validation", "test"} <= set(found):
            return {
                "train_rows": found["return_value"].rows + found["validation"].rows,
                "test_rows": found["test"].rows,
            }
    return {"train_rows": None, "test_rows": None}


def _measures(outputs: dict[str, dict[str, Artifact]]) -> dict[str, Any]:
    for found in outputs.values():
        if "measures" in found:
            report = found["return_value"].read_json("report.json")
            measures = {name: report["challenger"][name] for name in ("auc", "gauc", "logloss", "calibration")}
            return measures | {"promoted": report["decision"]["promoted"]}
    return {"auc": None, "gauc": None, "logloss": None, "calibration": None, "promoted": None}


def _version(outputs: dict[str, dict[str, Artifact]]) -> dict[str, Any]:
    for found in outputs.values():
        if found["return_value"].kind == "deployment":
            return {"model_version": found["return_value"].read_json("deployment.json")["version"]}
    return {"model_version": None}


def _by_start(instances: Iterable[TaskInstance]) -> list[TaskInstance]:
    return sorted(instances, key=lambda ti: (ti.start_date is None, ti.start_date, ti.task_id))
