"""EvaluateOperator: measures a model on the test set and decides whether it may replace the champion."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_mlp.operators.base import MlpOperator
from airflow_mlp.operators.step import Step, inputs_of
from mlp_core.artifacts import Artifact, Attempt, Identity
from mlp_core.gate import Decision, Difference, Gate, Measures

if TYPE_CHECKING:
    import pyarrow as pa
    from airflow.sdk import Context
    from airflow.sdk.definitions.xcom_arg import XComArg

_MEASURES_VERSION = 1
_DECISION_VERSION = 1
_SCORES = "scores.parquet"
_PLAN = "features.json"


class EvaluateOperator(MlpOperator):
    """Measure a model (AUC, GAUC, logloss, calibration) and hold it against the champion and the gate's bars.

    Outputs: `decision`, a report with both models' measures, the gate's verdict and its reasons; `measures`, a report
    on the model alone with the score of every test row. The champion is the last deployed model whose data end before
    this model's; it is looked up once, and recorded as an input of the decision.

    :param model: URI of the model bundle to judge. (templated)
    :param test: URI of the test set: a table or a reference of feature tables. (templated)
    :param name: the served model's name, whose champion is asked for. (templated)
    :param label: the column with 0 or 1.
    :param group: the column by which GAUC groups, None for no GAUC.
    :param gate: the bars; see `mlp_core.gate.Gate`.
    :param champion: URI of a bundle to compare with instead of the deployed one, or "none". (templated)
    :param repository: folder of the model repository that knows the champion; this machine's own by default. (templated)
    """

    template_fields: ClassVar[tuple[str, ...]] = (*MlpOperator.template_fields, "model", "test", "name", "champion", "repository")  # type: ignore[misc]
    step_name: ClassVar[str] = "evaluate"
    output_names: ClassVar[tuple[str, ...]] = ("decision", "measures")
    ui_color = "#e8f0d8"

    def __init__(
        self,
        *,
        model: str | XComArg,
        test: str | XComArg,
        name: str = "ctr",
        label: str = "label",
        group: str | None = "user_id",
        gate: Gate | None = None,
        champion: str | None = None,
        repository: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.test = test
        self.name = name
        self.label_column = label
        self.group = group
        self.gate = gate or Gate()
        self.champion = champion
        self.repository = repository

    def run(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Measure both models on the same rows and let the gate decide."""
        model, test = self.load("model"), self.load("test")
        champion = self._champion(model)
        columns = _Columns(self.label_column, self.group)
        measured = _measured(step, model, test, columns)
        pair = None if champion is None else _measured_alike(step, model, champion, test, columns)
        inputs = {"model": model, "test": test} | ({} if champion is None else {"champion": champion})
        identity = Identity(
            operation="evaluate.decide",
            version=_DECISION_VERSION,
            partition=str(step.partition),
            params={"gate": _plain(self.gate), **asdict(columns)},
            inputs=inputs_of(inputs),
        )

        def decide_(attempt: Attempt) -> None:
            report = _decide(self.gate, measured, pair, self.label_column)
            measures = report["challenger"]
            attempt.write_json("report.json", report)
            attempt.statistics.update(promoted=report["decision"]["promoted"], auc=measures["auc"], rows=measures["rows"])

        decision = step.make("report", identity, decide_)
        for line in _in_words(decision.read_json("report.json")):
            self.log.info(line)
        return {"decision": decision, "measures": measured}

    def _champion(self, model: Artifact) -> Artifact | None:
        if self.champion == "none":
            return None
        if self.champion:
            return Artifact.load(self.champion)
        from airflow_mlp.triton.champion import champion_before

        champion = champion_before(self.name, model, self.repository)
        self.log.info("the champion is %s", champion.uri if champion else "nobody yet: the absolute bar decides")
        return champion


@dataclass(frozen=True)
class _Columns:
    label: str
    group: str | None = field(default=None)


def _measured_alike(step: Step, model: Artifact, champion: Artifact, test: Artifact, columns: _Columns) -> tuple[Artifact, Artifact]:
    """Reports on both models over the same rows in the same order: features, or raw rows where their feature files differ."""
    raw = _plan_of(model) != _plan_of(champion)
    return _measured(step, model, test, columns, raw=raw), _measured(step, champion, test, columns, raw=raw)


def _plan_of(model: Artifact) -> str | None:
    return next((file.sha256 for file in model.manifest.files if file.path == _PLAN), None)


def _measured(step: Step, model: Artifact, test: Artifact, columns: _Columns, *, raw: bool = False) -> Artifact:
    """The report on one model alone: measures, and the score of every row for later comparisons and plots."""
    identity = Identity(
        operation="evaluate.measure",
        version=_MEASURES_VERSION,
        partition=str(step.partition),
        params={**asdict(columns), "raw": raw},
        inputs=inputs_of({"model": model, "test": test}),
    )

    def fill(attempt: Attempt) -> None:
        import pyarrow.parquet as pq

        from mlp_core.evaluation import measure, score_table

        scored = score_table(model.uri, test, label=columns.label, group=columns.group, raw=raw)
        measures = measure(scored, label=columns.label, group=columns.group)
        content = io.BytesIO()
        pq.write_table(scored, content, compression="zstd")
        attempt.write_bytes(_SCORES, content.getvalue())
        attempt.write_json("report.json", {"measures": _plain(measures)})
        attempt.statistics.update(_plain(measures))

    return step.make("report", identity, fill, output="measures")


def _decide(gate: Gate, challenger: Artifact, pair: tuple[Artifact, Artifact] | None, label: str) -> dict[str, Any]:
    from mlp_core.gate import auc_difference, decide

    measures = _measures(challenger.read_json("report.json")["measures"])
    difference: Difference | None = None
    if pair is not None:
        ours, theirs = map(_scores, pair)
        difference = auc_difference(ours[label].to_numpy(), ours["score"].to_numpy(), theirs["score"].to_numpy())
    decision: Decision = decide(gate, measures, difference)
    return {
        "challenger": _plain(measures),
        "champion": None if pair is None else pair[1].read_json("report.json")["measures"],
        "difference": None if difference is None else _plain(difference),
        "decision": _plain(decision),
    }


def _measures(found: Mapping[str, Any]) -> Measures:
    from msgspec import convert

    # JSON spells NaN as null.
    return convert({name: float("nan") if value is None else value for name, value in found.items()}, Measures)


def _scores(report: Artifact) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(report.read_bytes(_SCORES)))


def _in_words(report: dict[str, Any]) -> list[str]:
    decision = report["decision"]
    verdict = "promoted" if decision["promoted"] else "refused"
    measured = _measures(report["challenger"])
    lines = [f"{verdict}: AUC {measured.auc:.4f}, GAUC {measured.gauc:.4f}"]
    for reason in decision["reasons"]:
        lines.append(f"  {'passed' if reason['passed'] else 'FAILED'}: {reason['bar']} — {reason['found']}")
    return lines


def _plain(value: Any) -> Any:
    """A Struct as JSON values; NaN, which JSON cannot spell, as null."""
    import msgspec

    return msgspec.json.decode(msgspec.json.encode(value))
