"""What a search may choose from: a file of hyper-parameters, each with a range or a list of choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlp_core.specs import SpecError, TrainingSpec
from mlp_core.specs.decoding import convert
from mlp_train.errors import TrainError

if TYPE_CHECKING:
    from optuna.trial import Trial

# Fields of the specification beside `params` that may be searched.
FIELDS = ("batch_size", "epochs")
_WRITE = "write one line per hyper-parameter, such as learning_rate: {low: 0.001, high: 0.1}"


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Numbers from low to high, both included; whole ones where all that is given is whole. log: equal chances for equal ratios."""

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    def suggest(self, trial: Trial, name: str) -> Any:
        """A number."""
        given = (self.low, self.high, *(() if self.step is None else (self.step,)))
        if all(isinstance(value, int) for value in given):
            return trial.suggest_int(name, int(self.low), int(self.high), step=int(self.step or 1), log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def check(self, what: str) -> None:
        """SpecError for a range that holds nothing."""
        if self.high < self.low:
            raise SpecError(f"{what}: high is {self.high}, below low, {self.low}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise SpecError(f"{what}: log goes with a low above 0 and without a step")
        if self.step is not None and self.step <= 0:
            raise SpecError(f"{what}: step is {self.step}; it must be above 0")

    @property
    def examples(self) -> tuple[Any, ...]:
        """Values that must be allowed if all are."""
        return (self.low, self.high)


class Choices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Any values, one of which is taken."""

    choices: list[Any]

    def suggest(self, trial: Trial, name: str) -> Any:
        """One of them. A study keeps only plain values, so they are known to it as JSON."""
        return json.loads(trial.suggest_categorical(name, [json.dumps(value) for value in self.choices]))

    def check(self, what: str) -> None:
        """SpecError where there is none."""
        if not self.choices:
            raise SpecError(f"{what}: choices is empty")

    @property
    def examples(self) -> tuple[Any, ...]:
        """All of them."""
        return tuple(self.choices)


Space = dict[str, Range | Choices]


def read_space(path: Path) -> Space:
    """The space in a YAML or JSON file. Raises TrainError where it cannot be read, SpecError that names what is wrong."""
    import yaml

    if not path.is_file():
        raise TrainError(f"there is no space file {path}; {_WRITE}")
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is neither YAML nor JSON: {' '.join(str(error).split())}") from error
    if not isinstance(document, Mapping) or not document:
        raise SpecError(f"{path} holds no object; {_WRITE}")
    space: Space = {}
    for name, entry in document.items():
        what = f"{path}: {name}"
        if not isinstance(entry, Mapping):
            raise SpecError(f"{what} is {entry!r}; write {{low: …, high: …}} or {{choices: […]}}")
        found = convert(entry, Choices, what) if "choices" in entry else convert(entry, Range, what)
        found.check(what)
        space[str(name)] = found
    return space


def suggest(space: Space, trial: Trial) -> dict[str, Any]:
    """Values for a trial."""
    return {name: entry.suggest(trial, name) for name, entry in space.items()}


def with_values(spec: TrainingSpec, values: Mapping[str, Any]) -> TrainingSpec:
    """The specification with these hyper-parameters."""
    fields = {name: value for name, value in values.items() if name in FIELDS}
    params = {**spec.params, **{name: value for name, value in values.items() if name not in FIELDS}}
    return msgspec.structs.replace(spec, params=params, **fields)
