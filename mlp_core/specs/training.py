"""TrainingSpec: everything that a training job needs to know, as `job.json`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlp_core.specs.decoding import convert, decode, nearest
from mlp_core.specs.errors import SpecError
from mlp_core.specs.presets import CommonParams, Preset, presets

Name = Annotated[str, Meta(min_length=1)]
_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class TrainingSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to train, on what, how, and where the bundle goes.

    algorithm: a preset's name or `package.module:Class`; script: a program in its place; label: a column of 0 and 1, or a list of
    them (tasks); group: the column that GAUC groups by; weight: the column of sample weights; train, validation, test: URIs of
    tables or references, or folders of Parquet files; columns: those to use where not all are wanted; max_steps: batches after
    which training stops; output: URI of the bundle to publish; checkpoints: URI where the framework's own state goes, for warm
    starts, and while training its moments every `checkpoint_seconds`; warm_start: URI of the parent bundle.
    """

    version: Literal[1] = 1
    name: Name
    framework: Literal["torch", "tensorflow"] = "torch"
    algorithm: Name | None = None
    script: Name | None = None
    label: Name | list[Name] = "label"
    group: Name | None = None
    weight: Name | None = None
    train: Annotated[list[Name], Meta(min_length=1)]
    validation: list[Name] = []
    test: list[Name] = []
    columns: list[Name] | None = None
    params: dict[str, Any] = {}
    epochs: Annotated[int, Meta(ge=1)] = 1
    max_steps: Annotated[int, Meta(ge=1)] | None = None
    batch_size: Annotated[int, Meta(ge=1)] = 4096
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    output: Name
    checkpoints: Name | None = None
    checkpoint_seconds: Annotated[float, Meta(gt=0)] = 600.0
    warm_start: Name | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns, one per task."""
        return (self.label,) if isinstance(self.label, str) else tuple(self.label)

    @classmethod
    def from_json(cls, text: bytes | str) -> TrainingSpec:
        """Read a `job.json`; SpecError names the field that is wrong."""
        return decode(text, cls, "the training specification")

    def to_json(self) -> bytes:
        """The specification as one JSON object, every field written out."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)


def validate(spec: TrainingSpec) -> None:
    """Check what the types cannot: that the algorithm exists for the framework and takes these hyper-parameters.

    Raises SpecError with one sentence. A class of the user's own is only checked for its spelling: its module need not be here.
    """
    if (spec.algorithm is None) == (spec.script is None):
        raise SpecError("give either algorithm (a preset's name or package.module:Class) or script, and not both")
    labels = spec.labels
    if not labels or len(set(labels)) != len(labels):
        raise SpecError(f"label is {list(labels)!r}; name each label column once, at least one")
    if spec.columns is not None:
        for column in (*labels, *([spec.weight] if spec.weight else [])):
            if column in spec.columns:
                raise SpecError(f"column {column!r} is a label or weight and stands in columns too; take it out of columns")
    if spec.algorithm is None or _CLASS.fullmatch(spec.algorithm):
        return
    preset_params(spec)


def preset_params(spec: TrainingSpec) -> CommonParams:
    """`spec.params` as the preset's own struct, defaults filled in; SpecError as `validate`."""
    preset = presets.get(spec.algorithm or "")
    if preset is None:
        names = ", ".join(sorted(presets))
        hint = nearest(spec.algorithm or "", presets)
        raise SpecError(f"unknown algorithm {spec.algorithm!r}{hint}; give one of {names}, or package.module:Class")
    if spec.framework not in preset.frameworks:
        raise SpecError(f"algorithm {preset.name!r} is not there for framework {spec.framework!r}; use {' or '.join(preset.frameworks)}")
    check_labels(preset, spec.labels)
    params = convert(spec.params, preset.params, f"params of algorithm {preset.name!r}")
    for name in params.label_weights:
        if name not in spec.labels:
            raise SpecError(
                f"params of algorithm {preset.name!r}: label_weights names {name!r}, which is no label{nearest(name, spec.labels)};"
                f" label is {', '.join(spec.labels)}"
            )
    return params


def check_labels(preset: Preset, labels: tuple[str, ...]) -> None:
    """SpecError where the preset does not take so many labels."""
    if preset.min_tasks <= len(labels) <= preset.max_tasks:
        return
    wanted = str(preset.max_tasks) if preset.min_tasks == preset.max_tasks else f"{preset.min_tasks} to {preset.max_tasks}"
    names = "one name" if preset.max_tasks == 1 else f"a list of {wanted} names"
    raise SpecError(f"algorithm {preset.name!r} takes {wanted} label column(s), not {len(labels)}; give label {names}")
