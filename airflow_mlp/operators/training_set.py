"""The data that a model is to learn from, and what can be said of it before a job starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.step import partitions_of
from mlp_core.artifacts import Artifact, Entry, Input
from mlp_core.bundle.loading import read_info
from mlp_core.specs import TrainingSpec, preset_params, presets
from mlp_core.specs.presets import CommonParams

_DAY = re.compile(r"dt=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class TrainingSet:
    """Tables, or references to tables, for training and for validation."""

    train: tuple[Artifact, ...]
    validation: tuple[Artifact, ...]

    @classmethod
    def load(cls, train: Sequence[str], validation: Sequence[str]) -> TrainingSet:
        """The artifacts at these URIs; a reference that lists no partition is no validation set.

        Raises ArtifactError for what is none, BadInput for no training set or other kinds.
        """
        if not train:
            raise BadInput("train names no data: give the output of the step that samples it")
        loaded = cls(tuple(map(Artifact.load, train)), tuple(map(Artifact.load, validation)))
        for field, artifact in loaded._fields():
            if artifact.kind not in ("table", "reference"):
                raise BadInput(f"{field} names {artifact.uri}, which is a {artifact.kind}: give a table or a reference to tables")
        return cls(loaded.train, tuple(artifact for artifact in loaded.validation if artifact.kind == "table" or artifact.entries))

    @property
    def last_day(self) -> str | None:
        """The newest day (YYYY-MM-DD) of training and validation together, None where no partition names one."""
        return max((day for _, artifact in self._fields() for day, _ in _days(artifact) if day), default=None)

    def inputs(self, parent: Artifact | None) -> tuple[Input, ...]:
        """Everything that is read, as an identity records it."""
        counted = [(f"{field}.{index}", artifact) for index, (field, artifact) in enumerate(self._fields())]
        named = [*counted, *([("parent", parent)] if parent is not None else [])]
        return tuple(Input(name=name, uri=artifact.uri, digest=artifact.digest) for name, artifact in named)

    def check(self, spec: TrainingSpec, *, after: Artifact | None = None) -> None:
        """Raise BadInput unless the columns that `spec` names are there, and rows, after the days that the bundle `after` has seen."""
        seen = read_info(after.local()).data.end if after is not None else None
        # A refit learns the validation set too: one day after its parent that is the only newer one.
        learned = (*self.train, *self.validation) if after is not None and _refits(spec) else self.train
        rows = [entry.rows for artifact in learned for day, entry in _days(artifact) if seen is None or day is None or day > seen]
        if not any(count is None or count > 0 for count in rows):
            since = f" after {seen}, where its parent's data end" if seen else ""
            uris = ", ".join(artifact.uri for artifact in self.train)
            raise BadInput(f"the training set has no rows{since}: look at the filters and the window of the steps before ({uris})")
        wanted = [*((name, "label") for name in spec.labels), (spec.group, "group"), (spec.weight, "weight")]
        wanted += [(name, "columns") for name in spec.columns or ()]
        for field, artifact in self._fields():
            names = artifact.schema.names
            for column, use in wanted:
                if column is not None and column not in names:
                    raise BadInput(
                        f"{use} names the column {column!r}, which the {field} set {artifact.uri} does not have: it has {', '.join(names)}"
                    )

    def _fields(self) -> Iterable[tuple[str, Artifact]]:
        yield from (("train", artifact) for artifact in self.train)
        yield from (("validation", artifact) for artifact in self.validation)


def _refits(spec: TrainingSpec) -> bool:
    """Whether training ends with learning the validation set; a class of one's own may say so in its params as presets do."""
    if spec.algorithm in presets:
        return preset_params(spec).refit
    return bool(spec.params.get("refit", CommonParams().refit))


def _days(artifact: Artifact) -> list[tuple[str | None, Entry]]:
    found = ((_DAY.search(name), entry) for name, entry in partitions_of(artifact).items())
    return [(match.group(1) if match else None, entry) for match, entry in found]
